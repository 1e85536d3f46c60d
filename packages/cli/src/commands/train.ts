import { rm, rmdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

import { ZooError } from '@zoo/core';
import { describeIgnored } from '@zoo/data/node';
import { hasCheckpoint, lockRun } from '@zoo/train/node';
import { writeFileAtomically } from '@zoo/weights/node';

import { noteLine, type CommandIo } from '../command-io';
import { publishedEntry } from '../models/published-model';
import { withEngine, type EngineOptions } from '../start-engine';
import { buildModel } from '../training/build-model';
import { openDataSets, type DataSets } from '../training/data-sets';
import { readTrainSettings, resumedTrainSettings } from '../training/resume-settings';
import { runTraining } from '../training/run-training';
import { newTrainSettings, OUTPUT_FILES, type TrainSettings } from '../training/train-settings';
import { createOptimizer } from '../training/update-rule';

/** Options of `zoo train`: what is left out takes its default, or the run's own value when it is resumed. */
export interface TrainOptions extends Partial<TrainSettings>, EngineOptions {
  folder: string;
  output?: string;
  resume?: boolean;
}

/**
 * Trains a network on a folder of pictures; the output folder holds everything that comes of it.
 *
 * @throws InterruptedError after a checkpoint, when the user interrupts.
 */
export async function train(options: TrainOptions, io: CommandIo): Promise<void> {
  const output = options.output ?? join('runs', basename(resolve(options.folder)));
  const lock = await lockRun(output);
  try {
    await trainIn(output, options, io);
  } finally {
    await removeUnbegunRun(output);
    await lock.release();
    await removeEmptyFolder(output);
  }
}

async function trainIn(output: string, options: TrainOptions, io: CommandIo): Promise<void> {
  const settings = await settleSettings(options, output);
  createOptimizer(settings);
  const sets = await openDataSets(settings);
  noteLine(io, describeData(settings, sets));
  const notes = [sets.train, sets.validation].map(describeIgnored);
  // Both parts of one folder pass over the same files.
  for (const note of new Set(notes)) if (note !== undefined) noteLine(io, note);
  await withEngine({ ...options, purpose: 'train' }, io, async (engine) => {
    const model = await buildModel(settings, sets.train.classNames.length, io);
    try {
      await writeFileAtomically(
        join(output, OUTPUT_FILES.settings),
        `${JSON.stringify(settings, undefined, 2)}\n`,
      );
      await runTraining({ model, settings, sets, engine, output, resume: options.resume === true }, io);
    } finally {
      model.dispose();
    }
  });
}

/** The run's settings; throws ZooError where there is a run to lose, or none to resume. */
async function settleSettings(options: TrainOptions, output: string): Promise<TrainSettings> {
  const given = givenSettings(options);
  const checkpoints = join(output, OUTPUT_FILES.checkpoints);
  const saved = (await hasCheckpoint(checkpoints)) ? await readTrainSettings(output) : undefined;
  if (options.resume !== true) {
    if (saved === undefined) return newTrainSettings(given);
    throw new ZooError(
      'invalid-argument',
      `${output} holds a run already. Add --resume to go on with it, or give the new one another --output.`,
    );
  }
  if (saved !== undefined) return resumedTrainSettings(saved, given);
  throw new ZooError(
    'invalid-file',
    `Expected a run to resume in ${output} but there is no checkpoint. Leave out --resume to begin one.`,
  );
}

/** Takes away what a run left that failed before its first checkpoint: there is nothing to go on with. */
async function removeUnbegunRun(output: string): Promise<void> {
  const checkpoints = join(output, OUTPUT_FILES.checkpoints);
  if (await hasCheckpoint(checkpoints)) return;
  await rm(join(output, OUTPUT_FILES.settings), { force: true });
  await removeEmptyFolder(checkpoints);
}

async function removeEmptyFolder(folder: string): Promise<void> {
  // One with anything in it stays.
  await rmdir(folder).catch(() => undefined);
}

const NOT_SETTINGS: readonly string[] = [
  'output',
  'resume',
  'engine',
  'threads',
] satisfies (keyof TrainOptions)[];

/** The options that are settings, with absolute paths, since a run may be resumed from another folder. */
function givenSettings(options: TrainOptions): Partial<TrainSettings> & Pick<TrainSettings, 'folder'> {
  const settings = Object.fromEntries(
    Object.entries(options).filter(([name]) => !NOT_SETTINGS.includes(name)),
  ) as Partial<TrainSettings>;
  return {
    ...settings,
    folder: resolve(options.folder),
    ...(options.validation && { validation: resolve(options.validation) }),
    ...(options.weights && { weights: weightsOf(options.weights) }),
  };
}

const weightsOf = (given: string): string => (publishedEntry(given) === undefined ? resolve(given) : given);

function describeData({ folder }: TrainSettings, { train: trained, validation }: DataSets): string {
  return (
    `data: ${folder}, ${trained.classNames.length} classes, ` +
    `${trained.examples.length} pictures to train on and ${validation.examples.length} to validate on`
  );
}
