import { Option, type Command } from 'commander';

import type { CommandIo } from '../command-io';
import type { PredictOptions } from '../commands/predict';
import { integerOption } from '../option-values';

import { examples, SHARED_OPTIONS } from './shared-options';

/** Declares `zoo predict`. */
export function definePredict(program: Command, io: CommandIo): void {
  program
    .command('predict')
    .summary('classify pictures')
    .description('Classifies pictures and prints the most probable classes in percent, one line each.')
    .argument(
      '<model>',
      'a folder that `zoo train` or `zoo import` wrote, model.json, or a Keras .h5 or .keras file',
    )
    .argument('<pictures...>', 'JPEG or PNG files')
    .addOption(
      new Option('--top <count>', 'classes to print for each picture (default: 5)').argParser(
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
    .addHelpText(
      'after',
      examples(
        'zoo predict runs/pictures holiday.jpg',
        'zoo predict idenprof_061-0.7933.h5 fireman.jpg --normalization scale --class-index idenprof_model_class.json',
      ),
    )
    .action(
      async (model: string, pictures: string[], options: Omit<PredictOptions, 'model' | 'pictures'>) => {
        const { predict } = await import('../commands/predict');
        await predict({ ...options, model, pictures }, io);
      },
    );
}
