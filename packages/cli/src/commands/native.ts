import { buildTensorFlow, removeTensorFlowBuilds } from '@zoo/engine/node';
import { Option, type Command } from 'commander';

import { InterruptedError } from '../command-errors';
import { type CommandIo, noteLine, printLine } from '../command-io';

import { examples } from './shared-options';

/** Declares `zoo native`. */
export function defineNative(command: Command, io: CommandIo): void {
  command
    .description(
      "Builds tfjs-node's binding against a current TensorFlow that pip finds, in a cache folder of yours: the way to today's GPUs, and the fastest on CPUs.",
    )
    .addOption(
      new Option(
        '--python <path>',
        'the Python to look for TensorFlow in (default: python3, else an environment of our own)',
      ),
    )
    .addOption(new Option('--cuda', 'install a TensorFlow for NVIDIA cards (default: where there is one)'))
    .addOption(new Option('--no-cuda', 'install one without'))
    .addOption(new Option('--undo', 'remove what was built'))
    .addHelpText('after', examples('zoo native', 'zoo native --undo'))
    .action((options: TensorFlowOptions) => buildTensorFlowBinding(options, io));
}

/** Options of `zoo native`. */
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
    throw new InterruptedError('Interrupted. The next `zoo native` goes on from here.');
  }
}
