import { Option, type Command } from 'commander';

import type { CommandIo } from '../command-io';
import type { SummaryOptions } from '../commands/summary';

import { examples, SHARED_OPTIONS } from './shared-options';

/** Declares `zoo summary`. */
export function defineSummary(program: Command, io: CommandIo): void {
  program
    .command('summary')
    .summary('show the stages, parameters and multiply-adds of a model')
    .description('Shows what a model is made of: a network of the family by its name, or a saved model.')
    .argument('<model>', 'a name such as resnet50, or a saved model')
    .addOption(SHARED_OPTIONS.variant("the network's variant (default: its own)"))
    .addOption(SHARED_OPTIONS.stem('how the network begins (default: its own)'))
    .addOption(SHARED_OPTIONS.shortcut())
    .addOption(SHARED_OPTIONS.classes())
    .addOption(SHARED_OPTIONS.imageSize('input size, for a name'))
    .addOption(new Option('--layers', 'every layer instead of the stages'))
    .addOption(SHARED_OPTIONS.json())
    .addHelpText('after', examples('zoo summary resnet50', 'zoo summary runs/pictures --layers'))
    .action(async (model: string, options: Omit<SummaryOptions, 'model'>) => {
      const { summarize } = await import('../commands/summary');
      await summarize({ ...options, model }, io);
    });
}
