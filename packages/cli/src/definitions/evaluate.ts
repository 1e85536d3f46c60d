import { Option, type Command } from 'commander';

import type { CommandIo } from '../command-io';
import type { EvaluateCommandOptions } from '../commands/evaluate';
import { integerOption } from '../option-values';

import { addInferenceOptions, examples, MODEL_ARGUMENT, SHARED_OPTIONS } from './shared-options';

/** Declares `zoo evaluate`. */
export function defineEvaluate(program: Command, io: CommandIo): void {
  const command = program
    .command('evaluate')
    .summary('measure a model on a folder of pictures')
    .description('Measures a saved model on a folder that holds one folder of pictures a class.')
    .argument('<model>', MODEL_ARGUMENT)
    .argument('<folder>', 'the data set')
    .addOption(new Option('--report <file>', 'write a report as one HTML file'))
    .addOption(
      new Option('--top <count>', 'also count an answer among this many (default: 5)').argParser(
        integerOption(1),
      ),
    );
  command.addOption(
    new Option(
      '--horizontal-flip',
      "average each picture's answer with its mirror image's; takes twice the time",
    ),
  );
  addInferenceOptions(command)
    .addOption(SHARED_OPTIONS.onCorrupt())
    .addHelpText('after', examples('zoo evaluate runs/pictures holdout --report holdout.html'))
    .action(
      async (model: string, folder: string, options: Omit<EvaluateCommandOptions, 'model' | 'folder'>) => {
        const { evaluateModel } = await import('../commands/evaluate');
        await evaluateModel({ ...options, model, folder }, io);
      },
    );
}
