import { buildTensorFlow, removeTensorFlowBuilds } from '@zoo/engine/node';

import { noteLine, printLine, type CommandIo } from '../command-io';
import { InterruptedError } from '../interrupted-error';

/** Options of `zoo tensorflow`. */
export interface TensorFlowOptions {
  python?: string;
  cuda?: boolean;
  undo?: boolean;
}

/** Builds tfjs-node's binding against a current TensorFlow, or removes what was built. */
export async function buildTensorFlowBinding(
  { python, cuda, undo = false }: TensorFlowOptions,
  io: CommandIo,
): Promise<void> {
  if (undo) {
    const removed = removeTensorFlowBuilds();
    printLine(io, removed.length === 0 ? 'There was nothing to remove.' : `Removed ${removed.join(', ')}.`);
    return;
  }
  const signal = io.interruption();
  try {
    const {
      tensorflowVersion,
      cuda: hasCuda,
      packageDirectory,
    } = await buildTensorFlow({
      onStep: ({ message }) => noteLine(io, message),
      signal,
      ...(python !== undefined && { python }),
      ...(cuda !== undefined && { cuda }),
    });
    printLine(io, `TensorFlow ${tensorflowVersion}${hasCuda ? ' with CUDA' : ''}: ${packageDirectory}`);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new InterruptedError('Interrupted. The next `zoo tensorflow` goes on from here.');
  }
}
