/** What the worker is called that lessons are given in. */
export const TRAINING_WORKER = 'training';

/** Starts that worker from the page's own: pictures are named and prepared in the one while the other trains. */
export const startTrainingWorker = (): Worker =>
  new Worker(globalThis.location.href, { type: 'module', name: TRAINING_WORKER });
