import {
  serveTraining,
  type PrepareTraining,
  type TrainingPort,
  type TrainingWorker,
} from '../../src/worker';

/** A worker whose other side runs in this thread, over a pair of ports. */
export interface MessageWorker extends TrainingWorker {
  readonly isTerminated: () => boolean;
  /** Everything that the page has sent, without the batches' values. */
  readonly sent: { type: string }[];
}

/** Starts one: `begin` runs on its side, which calls `serveTraining` as a rule. */
export function messageWorker(begin: (port: TrainingPort) => void): MessageWorker {
  const { port1, port2 } = new MessageChannel();
  const sent: { type: string }[] = [];
  let isTerminated = false;
  begin(port2);
  return {
    sent,
    isTerminated: () => isTerminated,
    postMessage: (message, transfer) => {
      sent.push({ type: (message as { message: { type: string } }).message.type });
      port1.postMessage(message, transfer);
    },
    addEventListener: (type, listener) => {
      port1.addEventListener(type, listener as never);
    },
    removeEventListener: (type, listener) => {
      port1.removeEventListener(type, listener as never);
    },
    start: () => {
      port1.start();
    },
    terminate: () => {
      isTerminated = true;
      // What has been sent before is read still.
      setTimeout(() => {
        port1.close();
        port2.close();
      });
    },
  };
}

/** One that serves trainings, as a user's script does. */
export function servingWorker(prepare: PrepareTraining = () => undefined): MessageWorker {
  return messageWorker((port) => serveTraining(prepare, port));
}
