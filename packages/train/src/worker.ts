export type { TrainingPort, WorkerStep } from './worker/messages';
export { serveTraining, type PrepareTraining, type WorkerFitOptions } from './worker/serve-training';
export { trainInWorker, type TrainInWorkerOptions, type TrainingWorker } from './worker/train-in-worker';
