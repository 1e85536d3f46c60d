import { rm, rmdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

import type * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { ZooError } from '@zoo/core';
import { pickOptions } from '@zoo/core/options';
import { isMultiLabel } from '@zoo/data';
import { describeIgnored } from '@zoo/data/node';
import type { Communicator } from '@zoo/train/distributed';
import { hasCheckpoint, lockRun } from '@zoo/train/node';
import { writeFileAtomically } from '@zoo/weights/node';

import { type CommandIo, noteLine, printLine } from '../command-io';
import { expectCropped } from '../models/picture-reading';
import { absentFolders, expectWritableFolder } from '../output/writable-folder';
import { onAllRanks, withEngineOfRank } from '../ranks';
import type { EngineOptions } from '../start-engine';
import { withBatchSize } from '../training/automatic-batch-size';
import { buildModel } from '../training/build-model';
import { openDataSets, type DataSets } from '../training/data-sets';
import { describeRun } from '../training/dry-run';
import { LOADING_OPTIONS, type LoadingOptions } from '../training/loading-options';
import { expectConsistent, openTeacher } from '../training/recipe';
import { readTrainSettings, resumedTrainSettings } from '../training/resume-settings';
import { runTraining } from '../training/run-training';
import { expectSamePictures } from '../training/same-pictures';
import { openStartingNetwork, type StartingNetwork } from '../training/starting-network';
import { dataPlace, readTrainConfig, trainConfigText, withAbsolutePaths } from '../training/train-config';
import {
  TRAIN_OPTIONS,
  type GivenSettings,
  type TrainSettings,
  type UnsizedSettings,
} from '../training/train-options';
import { newTrainSettings, OUTPUT_FILES } from '../training/train-settings';
import { WATCH_OPTIONS, type WatchOptions } from '../training/watch-options';

/** Options of `zoo train`: what is left out takes its default, or the run's own value when it is resumed. */
export interface TrainOptions extends GivenSettings, LoadingOptions, WatchOptions, EngineOptions {
  output?: string;
  resume?: boolean;
  /** As `resume` where there is a run in the output folder, else a new one. */
  continue?: boolean;
  /** A JSON file of settings; options beside it win. */
  config?: string;
  /** What settings mean, by their names, for the report. */
  meanings?: Readonly<Record<string, string>>;
  /** Prints the settings that the run would have, as `config` takes them, and ends. */
  printConfig?: boolean;
  /** Says what the run would be and draws its first batch, and trains nothing. */
  dryRun?: boolean;
  /** On several ranks: see `fit`. */
  syncBatchNorm?: boolean;
  exchangeType?: 'float32' | 'bfloat16' | 'float16';
}

/**
 * Trains a network on a folder of pictures; the output folder contains all results.
 *
 * Started by an MPI launcher, all ranks train one run, of which rank 0 has the folder and speaks.
 *
 * @throws InterruptedError after a checkpoint, when the user interrupts a run of one process; several ranks end in success then.
 */
export async function train(given: TrainOptions, io: CommandIo): Promise<void> {
  const { config, printConfig = false, ...rest } = given;
  const options = config === undefined ? rest : { ...(await readTrainConfig(config)), ...rest };
  if (printConfig) {
    printLine(io, trainConfigText(givenSettings(options)));
    return;
  }
  await onAllRanks(io, (ranks, rankIo) => trainOnRank(options, rankIo, ranks));
}

async function trainOnRank(options: TrainOptions, io: CommandIo, ranks: Communicator): Promise<void> {
  const output = options.output ?? join('runs', basename(resolve(options.folder)).replace(/^set:/, ''));
  // Only rank 0 writes the folder.
  if (ranks.rank !== 0) {
    await trainIn(output, options, io, ranks);
    return;
  }
  await expectWritableFolder('--output', output);
  const made = await absentFolders(output);
  const lock = await lockRun(output);
  try {
    await trainIn(output, options, io, ranks);
  } finally {
    await removeUnbegunRun(output);
    await lock.release();
    for (const folder of made.reverse()) await removeEmptyFolder(folder);
  }
}

async function trainIn(
  output: string,
  options: TrainOptions,
  io: CommandIo,
  ranks: Communicator,
): Promise<void> {
  const given = givenSettings(options);
  const isFirst = ranks.rank === 0;
  const saved = await ranks.broadcastValue(isFirst ? await savedSettings(options, output) : undefined);
  // Refused before anything is opened.
  const first = saved === undefined ? newTrainSettings(given) : resumedTrainSettings(saved, given);
  expectConsistent(first);
  const sets = await openDataSets(first, io);
  await expectSamePictures(sets, ranks);
  noteLine(io, describeData(first, sets));
  const notes = [sets.train, sets.validation].map(describeIgnored);
  // Both parts of one folder pass over the same files.
  for (const note of new Set(notes)) if (note !== undefined) noteLine(io, note);
  await withEngineOfRank(options, { ranks, io }, async (engine) => {
    // What the user says of the network, not defaults of one that is trained from scratch.
    const start =
      first.weights === null ? undefined : await openStartingNetwork(first.weights, saved ?? given, io);
    const { settings: unsized, model } = prepared(
      { given, saved, start, classNames: sets.train.classNames, isMultiLabel: isMultiLabel(sets.train) },
      io,
    );
    let teacher: tfl.LayersModel | undefined;
    try {
      teacher = await openTeacher(unsized, sets.train.classNames, io);
      const pictures = sets.train.examples.length;
      const settings = await withBatchSize({ model, settings: unsized, engine, pictures, ranks }, io);
      const { syncBatchNorm = false, exchangeType = 'float32', meanings = {} } = options;
      const distributed = { communicator: ranks, syncBatchNorm, exchangeType };
      const loading = pickOptions(LOADING_OPTIONS, options);
      const watch = pickOptions(WATCH_OPTIONS, options);
      const resume = saved !== undefined;
      const run = {
        model,
        teacher,
        settings,
        sets,
        engine,
        output,
        resume,
        loading,
        watch,
        meanings,
        distributed,
      };
      if (options.dryRun === true) {
        if (isFirst) await describeRun(run, io);
        return;
      }
      if (isFirst) {
        await writeFileAtomically(
          join(output, OUTPUT_FILES.settings),
          `${JSON.stringify(settings, undefined, 2)}\n`,
        );
      }
      await runTraining(run, io);
    } finally {
      model.dispose();
      teacher?.dispose();
    }
  });
}

/** Frees a model of which a part may be gone already. Layers without weights hold nothing, and do not tell whether they are gone. */
function disposeOnce(model: tfl.LayersModel | undefined): void {
  for (const layer of model?.layers ?? []) {
    const variables = layer.weights.map((weight) => (weight as unknown as { val: tf.Variable }).val);
    if (variables.some(({ isDisposed }) => !isDisposed)) layer.dispose();
  }
}

/** Settings and network; what was opened for them is disposed where they do not fit each other. */
function prepared(
  parts: {
    given: GivenSettings;
    saved: TrainSettings | undefined;
    start: StartingNetwork | undefined;
    classNames: readonly string[];
    isMultiLabel: boolean;
  },
  io: CommandIo,
): { settings: UnsizedSettings; model: tfl.LayersModel } {
  const { given, saved, start, ...data } = parts;
  try {
    const settings =
      saved === undefined ? newTrainSettings(given, start) : resumedTrainSettings(saved, given);
    expectCropped(settings.aspect, given.cropFraction);
    return { settings, model: buildModel({ settings, ...data, start }, io) };
  } catch (error) {
    disposeOnce(start?.model);
    throw error;
  }
}

/** The settings of the run to resume; throws ZooError where there is a run to lose, or none to resume. */
async function savedSettings(options: TrainOptions, output: string): Promise<TrainSettings | undefined> {
  const checkpoints = join(output, OUTPUT_FILES.checkpoints);
  const saved = (await hasCheckpoint(checkpoints)) ? await readTrainSettings(output) : undefined;
  if (options.resume === true && saved === undefined) {
    throw new ZooError(
      'invalid-file',
      `Expected a run to resume in ${output} but there is no checkpoint. Leave out --resume to begin one.`,
    );
  }
  if (options.resume !== true && options.continue !== true && saved !== undefined) {
    throw new ZooError(
      'invalid-argument',
      `${output} holds a run already. Add --resume to go on with it, or give the new one another --output.`,
    );
  }
  return saved;
}

/** Takes away what a run left that failed before its first checkpoint: there is nothing to go on with. */
async function removeUnbegunRun(output: string): Promise<void> {
  const checkpoints = join(output, OUTPUT_FILES.checkpoints);
  if (await hasCheckpoint(checkpoints)) return;
  for (const name of ['settings', 'history', 'historyTable', 'events'] as const)
    await rm(join(output, OUTPUT_FILES[name]), { force: true, recursive: true });
  await removeEmptyFolder(checkpoints);
}

async function removeEmptyFolder(folder: string): Promise<void> {
  // A folder that is not empty stays.
  await rmdir(folder).catch(() => undefined);
}

/** The options that are settings. */
function givenSettings(options: TrainOptions): GivenSettings {
  return withAbsolutePaths({ ...pickOptions(TRAIN_OPTIONS, options), folder: dataPlace(options.folder) });
}

function describeData({ folder }: UnsizedSettings, { train: trained, validation }: DataSets): string {
  return (
    `data: ${folder}, ${trained.classNames.length} classes, ` +
    `${trained.examples.length} pictures to train on and ${validation.examples.length} to validate on` +
    (isMultiLabel(trained) ? '; several classes per picture' : '')
  );
}
