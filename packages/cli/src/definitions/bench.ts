import { Option, type Command } from 'commander';

import type { CommandIo } from '../command-io';
import type { BenchOptions } from '../commands/bench';
import { integerOption } from '../option-values';

import { examples, SHARED_OPTIONS } from './shared-options';

/** Declares `zoo bench`. */
export function defineBench(program: Command, io: CommandIo): void {
  program
    .command('bench')
    .summary('time training steps on every engine that is present')
    .description(
      'Times training steps on every engine that is present, one after the other, with random pictures. ' +
        'With --profile it lists the kernels of a step on a graphics card; with --tune it measures how the card computes each ' +
        'matrix product fastest and keeps that for later runs.',
    )
    .addOption(
      new Option('--networks <names...>', 'networks to train').default(
        ['resnet18', 'resnet50'],
        'resnet18 resnet50',
      ),
    )
    .addOption(SHARED_OPTIONS.imageSize('height and width of the pictures (default: 128)'))
    .addOption(SHARED_OPTIONS.batchSize(16))
    .addOption(
      new Option('--steps <count>', 'steps to time, after two to warm up')
        .argParser(integerOption(1, 1000))
        .default(5),
    )
    .addOption(SHARED_OPTIONS.engine())
    .addOption(SHARED_OPTIONS.threads())
    .addOption(new Option('--profile', 'list the kernels of a step on webgpu with their time'))
    .addOption(new Option('--tune', 'measure tile sizes on webgpu and keep them in the cache folder'))
    .addOption(SHARED_OPTIONS.json())
    .addHelpText(
      'after',
      examples('zoo bench', 'zoo bench --engine webgpu --networks resnet50 --image-size 224 --profile'),
    )
    .action(async (options: BenchOptions) => {
      const { bench } = await import('../commands/bench');
      await bench(options, io);
    });
}
