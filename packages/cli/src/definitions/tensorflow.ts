import { Option, type Command } from 'commander';

import type { CommandIo } from '../command-io';
import type { TensorFlowOptions } from '../commands/tensorflow';

import { examples } from './shared-options';

/** Declares `zoo tensorflow`. */
export function defineTensorFlow(program: Command, io: CommandIo): void {
  program
    .command('tensorflow')
    .summary("build tfjs-node's binding against a current TensorFlow")
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
    .addHelpText('after', examples('zoo tensorflow', 'zoo tensorflow --undo'))
    .action(async (options: TensorFlowOptions) => {
      const { buildTensorFlowBinding } = await import('../commands/tensorflow');
      await buildTensorFlowBinding(options, io);
    });
}
