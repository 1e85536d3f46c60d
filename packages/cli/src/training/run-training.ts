import { basename, dirname, join, resolve } from 'node:path';

import type * as tfl from '@tensorflow/tfjs-layers';
import { classifierHead, isZooError, readOptions, ZooError } from '@zoo/core';
import type { CorruptImage, ImageBatchSource, Sampler } from '@zoo/data';
import { imageBatches, type ImageFolder } from '@zoo/data/node';
import type { SelectedEngine } from '@zoo/engine';
import {
  calibrate,
  evaluate,
  evaluateMultiLabel,
  fit,
  ResumeMismatchError,
  type DistributedOptions,
  type History,
  type TrainingState,
} from '@zoo/train';
import { hasCheckpoint, loadBestWeights, loadCheckpoint } from '@zoo/train/node';

import { InterruptedError } from '../command-errors';
import { noteLine, noteSkipped, type CommandIo } from '../command-io';
import type { LiveRun } from '../dashboard/live-run';
import type { RunningDashboard } from '../dashboard/start-dashboard';
import { formatShare } from '../output/format-number';

import { augmentations } from './augmentations';
import type { DataSets } from './data-sets';
import { LOADING_OPTIONS, type LoadingOptions } from './loading-options';
import { readSampleWeights, recipeOf } from './recipe';
import { runCallbacks } from './run-callbacks';
import type { TrainSettings } from './train-options';
import { OUTPUT_FILES } from './train-settings';
import { createOptimizer, createSchedule } from './update-rule';
import { WATCH_OPTIONS, type WatchOptions } from './watch-options';
import { writeResults, type FinishedRun } from './write-results';

/** A run that is ready to begin. */
export interface PreparedRun {
  readonly model: tfl.LayersModel;
  /** What it learns from, too. */
  readonly teacher: tfl.LayersModel | undefined;
  readonly settings: TrainSettings;
  readonly sets: DataSets;
  readonly engine: SelectedEngine;
  readonly output: string;
  readonly resume: boolean;
  readonly loading: LoadingOptions;
  readonly watch: WatchOptions;
  /** What settings mean, by their names. */
  readonly meanings: Readonly<Record<string, string>>;
  /** The ranks that train it together. */
  readonly distributed: DistributedOptions;
}

/** Trains to the last epoch, restores the best one and writes the results; a dashboard shows the run meanwhile. */
export async function runTraining(run: PreparedRun, io: CommandIo): Promise<void> {
  const running = await dashboardOf(run, io);
  try {
    await trainAndWrite(run, running, io);
    running?.live.update({ state: 'finished', runLeftMs: 0 });
  } catch (error) {
    running?.live.update({ state: error instanceof InterruptedError ? 'stopped' : 'failed' });
    throw error;
  } finally {
    await running?.close();
  }
}

interface LiveDashboard extends RunningDashboard {
  readonly live: LiveRun;
}

/** The dashboard of a run that is to have one, on rank 0. What it needs is loaded for it alone. */
async function dashboardOf(
  { watch, output, settings, distributed }: PreparedRun,
  io: CommandIo,
): Promise<LiveDashboard | undefined> {
  const { dashboard, dashboardPort } = readOptions(WATCH_OPTIONS, watch);
  if (!dashboard || distributed.communicator.rank !== 0) return undefined;
  const [{ LiveRun: Live }, { startDashboard }] = await Promise.all([
    import('../dashboard/live-run'),
    import('../dashboard/start-dashboard'),
  ]);
  const live = new Live(basename(resolve(output)), settings.epochs);
  const place = { port: dashboardPort, portOption: '--dashboard-port' };
  return { live, ...(await startDashboard({ folder: dirname(resolve(output)), live }, place, io)) };
}

async function trainAndWrite(
  run: PreparedRun,
  dashboard: LiveDashboard | undefined,
  io: CommandIo,
): Promise<void> {
  const sources = await openSources(run);
  const history = await fitWithCheckpoints(run, sources, dashboard, io);
  const { communicator } = run.distributed;
  const corrupt = await communicator.gatherValues([...sources.train.corrupt, ...sources.validation.corrupt]);
  if (communicator.rank !== 0) return;
  const best = await loadBestWeights(join(run.output, OUTPUT_FILES.checkpoints), run.model);
  noteLine(
    io,
    `best epoch: ${best.epoch + 1}, validation accuracy ${formatShare(best.metrics['valAccuracy'] ?? Number.NaN)}`,
  );
  if (run.settings.calibrate) await calibrateOn(sources.validation, run.model, io);
  const results = await resultsOn(sources.validation, run.model);
  noteSkipped(io, distinctPictures([...corrupt.flat(), ...sources.validation.corrupt]));
  await writeResults({ ...run, history, ...results, bestEpoch: best.epoch }, io);
}

/** How well the model does, as far as its kind of head lets it be measured. */
async function resultsOn(
  source: ImageBatchSource,
  model: tfl.LayersModel,
): Promise<Pick<FinishedRun, 'evaluation' | 'multiLabel'>> {
  return source.isMultiLabel === true || classifierHead(model).kind === 'multiLabel'
    ? { multiLabel: await evaluateMultiLabel(model, source) }
    : { evaluation: await evaluate(model, source) };
}

/** A run whose pictures fit no temperature is no failure: all of them may be right. */
async function calibrateOn(source: ImageBatchSource, model: tfl.LayersModel, io: CommandIo): Promise<void> {
  try {
    const { temperature } = await calibrate(model, source);
    noteLine(io, `temperature: ${temperature.toPrecision(4)}`);
  } catch (error) {
    if (!isZooError(error, 'unsupported')) throw error;
    noteLine(io, `no temperature: ${error.message}`);
  }
}

/** Each once: ranks may have met the same picture. */
function distinctPictures(corrupt: readonly CorruptImage[]): CorruptImage[] {
  return [...new Map(corrupt.map((picture) => [picture.path, picture])).values()];
}

/** Batches of a run. */
export interface Sources {
  readonly train: ImageBatchSource;
  readonly validation: ImageBatchSource;
}

/** What the run trains and validates on. */
export async function openSources({
  settings,
  sets,
  loading,
}: Pick<PreparedRun, 'settings' | 'sets' | 'loading'>): Promise<Sources> {
  const { imageSize, imageSizeByEpoch, batchSize, seed } = settings;
  const { normalization, resize, aspect, cropFraction, onCorrupt } = settings;
  const shared = {
    imageSize,
    onCorrupt,
    batchSize,
    normalization,
    resize,
    aspect,
    cropFraction,
  } as const;
  const augment = augmentations(settings);
  return {
    train: await imageBatches(sets.train, {
      ...shared,
      ...loadingOf(sets.train, loading),
      ...(settings.sampler && { sampler: await samplerOf(settings) }),
      shuffle: true,
      seed,
      augment,
      ...(imageSizeByEpoch && { imageSizeByEpoch }),
      // A crop of a somewhat larger picture is as sharp as the whole of it.
      ...(augment.length > 1 && { augmentFrom: [enlarged(imageSize[0]), enlarged(imageSize[1])] as const }),
    }),
    validation: await imageBatches(sets.validation, {
      ...shared,
      ...loadingOf(sets.validation, loading),
      shuffle: false,
    }),
  };
}

function loadingOf(set: ImageFolder, { workers, cache, cacheDirectory }: LoadingOptions): LoadingOptions {
  const place = cache ?? LOADING_OPTIONS.cache.default;
  return {
    ...(workers !== undefined && { workers }),
    cache: place === 'disk' && 'readImage' in set ? 'memory' : place,
    ...(cacheDirectory !== undefined && { cacheDirectory }),
  };
}

async function samplerOf({ sampler, sampleWeights }: TrainSettings): Promise<Sampler> {
  if (sampler !== 'weighted') return 'balanced';
  const weights = await readSampleWeights(sampleWeights!);
  return ({ path }) => weights.get(resolve(path)) ?? Number.NaN;
}

/** The margin that ImageNet's pictures are cropped from: 256 for 224. */
const enlarged = (size: number): number => Math.round((size * 8) / 7);

async function fitWithCheckpoints(
  { model, teacher, settings, output, resume, watch, distributed }: PreparedRun,
  { train, validation }: Sources,
  dashboard: LiveDashboard | undefined,
  io: CommandIo,
): Promise<History> {
  const directory = join(output, OUTPUT_FILES.checkpoints);
  // The page's button stops a run as Ctrl-C does.
  const interruption = io.interruption();
  const signal =
    dashboard === undefined ? interruption : AbortSignal.any([interruption, dashboard.live.stop.signal]);
  const watching =
    dashboard &&
    (await import('../dashboard/watch-training')).watchTraining({
      live: dashboard.live,
      requests: dashboard.dashboard.requests,
      ...{ validation, signal },
    });
  const isFirst = distributed.communicator.rank === 0;
  try {
    return await fit(model, {
      train,
      validation,
      epochs: settings.epochs,
      optimizer: createOptimizer(settings),
      schedule: createSchedule(settings, train.batchesPerEpoch),
      ...(await recipeOf(settings, model, teacher)),
      seed: settings.seed,
      callbacks: [
        ...runCallbacks({ output, settings, resume, watch, train }, io),
        ...(watching === undefined ? [] : [watching]),
      ],
      signal,
      distributed,
      ...(resume && {
        // Rank 0's is everyone's.
        ...(isFirst && { resume: await lastState(directory, model, settings, io) }),
        // The command's options were compared with the run's before; more epochs stretch the schedule on purpose.
        allowChanges: ['schedule'],
      }),
    });
  } catch (error) {
    if (isZooError(error, 'not-finite')) throw await withLastGoodCheckpoint(error, directory);
    if (error instanceof ResumeMismatchError) throw inTermsOfCommand(error);
    const isInterrupted = (signal.aborted && error === signal.reason) || isZooError(error, 'interrupted');
    if (!isInterrupted) throw error;
    if (!isFirst) throw new InterruptedError('Interrupted.');
    if (!(await hasCheckpoint(directory)))
      throw new InterruptedError('Interrupted before the first checkpoint.');
    const command = `zoo train ${quoted(settings.folder)} --output ${quoted(output)} --resume`;
    throw new InterruptedError(
      `Interrupted; a checkpoint is in ${directory}. Go on with: ${onSameRanks(command, distributed)}`,
    );
  }
}

/** What a run goes on from; says so where nothing is left to do. */
async function lastState(
  directory: string,
  model: tfl.LayersModel,
  { epochs }: TrainSettings,
  io: CommandIo,
): Promise<TrainingState> {
  const state = await loadCheckpoint(directory, model, { onDamaged: (message) => noteLine(io, message) });
  if (state.epoch >= epochs)
    noteLine(
      io,
      `The run has had its ${epochs} epochs: --epochs ${2 * epochs} trains on, for as many again.`,
    );
  return state;
}

/** The command with what no checkpoint keeps of a run on several ranks: their number, and how they exchange. */
function onSameRanks(command: string, distributed: DistributedOptions): string {
  const { communicator, syncBatchNorm = false, exchangeType = 'float32' } = distributed;
  if (communicator.size === 1) return command;
  const flags = [
    ...(syncBatchNorm ? ['--sync-batch-norm'] : []),
    ...(exchangeType === 'float32' ? [] : [`--exchange-type ${exchangeType}`]),
  ];
  return [`mpirun -n ${communicator.size}`, command, ...flags].join(' ');
}

/** The same error with where training can go on from. */
async function withLastGoodCheckpoint(error: ZooError, directory: string): Promise<ZooError> {
  const place = (await hasCheckpoint(directory))
    ? `The last good checkpoint is in ${directory}.`
    : 'There was no checkpoint yet.';
  return new ZooError(error.code, `${error.message} ${place}`, { cause: error });
}

/** What differs although no option does: the data set, or the version of the zoo. */
function inTermsOfCommand({ differences, message }: ResumeMismatchError): ZooError {
  const names = differences.map(({ setting }) => setting);
  const what = names.every((name) => /^(train|validation)\./.test(name)) ? 'The data set has' : 'The run has';
  return new ZooError(
    'invalid-argument',
    `${what} changed since the run began: ${message.replace(/^.*?these differ: |\. Go back to them.*$/gs, '')}. ` +
      'Put it back as it was, or begin a new run in another --output.',
  );
}

/** A path as a shell takes it. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
