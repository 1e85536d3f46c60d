import { ZooError } from '@zoo/core';
import { Command } from 'commander';

import type { CommandIo } from '../command-io';
import { flag, meaningsOf } from '../flags';
import type { LoadingOptions } from '../training/loading-options';
import { readTrainSettings } from '../training/resume-settings';
import { TRAIN_OPTIONS } from '../training/train-options';
import type { WatchOptions } from '../training/watch-options';

import { addLoadingOptions, addWatchOptions, examples, SHARED_OPTIONS } from './shared-options';
import { defineTrain } from './train';
import { train, type TrainOptions } from './train-run';

/** Declares `zoo resume`. */
export function defineResume(command: Command, io: CommandIo): void {
  command
    .description(
      'Goes on with a run of zoo train that was interrupted, or for more epochs, by its own settings.',
    )
    .argument('<run>', 'output folder of zoo train')
    .addOption(
      flag(
        '--epochs <count>',
        'passes over the data, those that are done included',
        TRAIN_OPTIONS.epochs,
        "the run's own",
      ),
    )
    .addOption(SHARED_OPTIONS.engine())
    .addOption(SHARED_OPTIONS.threads())
    .addOption(SHARED_OPTIONS.memory());
  addWatchOptions(addLoadingOptions(command))
    .addHelpText('after', examples('zoo resume runs/pictures', 'zoo resume runs/pictures --epochs 60'))
    .action((output: string, options: ResumeOptions) => resume(output, options, io));
}

/** Options of `zoo resume`. */
export type ResumeOptions = Pick<
  TrainOptions,
  'epochs' | 'engine' | 'threads' | 'memory' | keyof LoadingOptions | keyof WatchOptions
>;

/** `zoo train <the run's folder> --output <run> --resume`. */
export async function resume(output: string, options: ResumeOptions, io: CommandIo): Promise<void> {
  const settings = await readTrainSettings(output);
  if (settings === undefined) {
    throw new ZooError(
      'invalid-file',
      `Expected a run of zoo train in ${output} but there is none. Begin one: zoo train <folder> --output ${output}`,
    );
  }
  const declared = new Command();
  defineTrain(declared, io);
  const meanings = meaningsOf(declared);
  await train({ ...options, folder: settings.folder, output, resume: true, meanings }, io);
}
