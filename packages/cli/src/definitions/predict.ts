import { Option, type Command } from 'commander';

import type { CommandIo } from '../command-io';
import type { PredictOptions } from '../commands/predict';
import { integerOption } from '../option-values';

import { addInferenceOptions, examples, MODEL_ARGUMENT } from './shared-options';

/** Declares `zoo predict`. */
export function definePredict(program: Command, io: CommandIo): void {
  const command = program
    .command('predict')
    .summary('classify pictures')
    .description('Classifies pictures and prints the most probable classes in percent, one line each.')
    .argument('<model>', MODEL_ARGUMENT)
    .argument('<pictures...>', 'picture files, folders of them (at any depth) or addresses')
    .addOption(
      new Option('--top <count>', 'classes to print for each picture (default: 5)').argParser(
        integerOption(1),
      ),
    );
  command.addOption(
    new Option('--format <name>', 'what is printed (default: table); csv has a row a class').choices([
      'table',
      'csv',
      'json',
      'jsonl',
    ]),
  );
  addInferenceOptions(command)
    .addHelpText(
      'after',
      examples(
        'zoo predict runs/pictures holiday.jpg',
        'zoo predict resnet50.tv_in1k photos --format csv > answers.csv',
        'zoo predict idenprof_061-0.7933.h5 fireman.jpg --variant idenprof --normalization scale --class-index idenprof_model_class.json',
      ),
    )
    .action(
      async (model: string, pictures: string[], options: Omit<PredictOptions, 'model' | 'pictures'>) => {
        const { predict } = await import('../commands/predict');
        await predict({ ...options, model, pictures }, io);
      },
    );
}
