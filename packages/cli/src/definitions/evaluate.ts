import { Option, type Command } from 'commander';

import type { CommandIo } from '../command-io';
import type { EvaluateCommandOptions } from '../commands/evaluate';
import { integerOption } from '../option-values';

import { examples, SHARED_OPTIONS } from './shared-options';

/** Declares `zoo evaluate`. */
export function defineEvaluate(program: Command, io: CommandIo): void {
  program
    .command('evaluate')
    .summary('measure a model on a folder of pictures')
    .description('Measures a saved model on a folder that holds one folder of pictures a class.')
    .argument(
      '<model>',
      'a folder that `zoo train` or `zoo import` wrote, model.json, or a Keras .h5 or .keras file',
    )
    .argument('<folder>', 'the data set')
    .addOption(new Option('--report <file>', 'write a report as one HTML file'))
    .addOption(
      new Option('--top <count>', 'also count an answer among this many (default: 5)').argParser(
        integerOption(1),
      ),
    )
    .addOption(SHARED_OPTIONS.json())
    .addOption(SHARED_OPTIONS.classIndex())
    .addOption(SHARED_OPTIONS.normalization('how bytes become inputs (default: what the model says)'))
    .addOption(SHARED_OPTIONS.imageSize('where the model leaves it open'))
    .addOption(SHARED_OPTIONS.resize())
    .addOption(SHARED_OPTIONS.aspect())
    .addOption(SHARED_OPTIONS.batchSize(32))
    .addOption(SHARED_OPTIONS.engine())
    .addOption(SHARED_OPTIONS.threads())
    .addHelpText('after', examples('zoo evaluate runs/pictures holdout --report holdout.html'))
    .action(
      async (model: string, folder: string, options: Omit<EvaluateCommandOptions, 'model' | 'folder'>) => {
        const { evaluateModel } = await import('../commands/evaluate');
        await evaluateModel({ ...options, model, folder }, io);
      },
    );
}
