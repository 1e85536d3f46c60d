import { join } from 'node:path';

import { ArgumentError, type BatchSource } from '@zoo/core';
import {
  readOptions,
  type AnyRow,
  type OptionsOf,
  type OptionTable,
  type RequiredAnyRow,
} from '@zoo/core/options';

import type { Callback, TrainingRun } from '../../callbacks/callback';
import type { Metrics } from '../../history';
import { readAllValues, type HostTensors } from '../../host-tensors';
import { runWeights } from '../../training/run-weights';

import { openEventFile, setEventsAside, type EventFile, type EventFilePlace } from './event-file';
import { graphDefinition } from './graph-definition';
import type { Fields } from './protocol-buffers';
import {
  histogramValue,
  pictureValue,
  scalarValue,
  sessionEndValue,
  sessionStartValue,
  type Hyperparameters,
} from './summary-values';
import { trainingPictures } from './training-pictures';

const TENSOR_BOARD_PICTURES = {
  source: {
    type: 'any',
    isRequired: true,
    expected: 'a batch source',
    check: (argument, value) => {
      if (typeof (value as BatchSource | undefined)?.batches === 'function') return value as BatchSource;
      throw new ArgumentError(argument, 'a batch source', value);
    },
  } as RequiredAnyRow<BatchSource>,
  /** How many. Default 8. */
  count: { type: 'integer', minimum: 1, default: 8 },
} as const satisfies OptionTable;

/** Which pictures {@link tensorBoard} writes. */
export interface TensorBoardPictures extends OptionsOf<typeof TENSOR_BOARD_PICTURES> {}

const TENSOR_BOARD_OPTIONS = {
  /** The run's folder; `tensorboard --logdir` on its parent shows several runs side by side. */
  directory: { type: 'text', expected: 'the path of a folder', isRequired: true },
  /** Also writes loss, accuracy and learning rate each time this many updates were made. Default: after each epoch only. */
  everySteps: { type: 'integer', minimum: 1 },
  /** Writes histograms of all weights each time this many epochs were made; every weight is read for it. Default: none. */
  histogramEpochs: { type: 'integer', minimum: 1 },
  /** With `histogramEpochs`, also of the gradients of the epoch's first update, before they are clipped. Default false. */
  gradients: { type: 'boolean', default: false },
  /** Writes the layers of the model and what they read. Default true. */
  graph: { type: 'boolean', default: true },
  /** Writes pictures of the first batch that `source` gives in the run's first epoch, augmented as the model gets them. Default: none. */
  pictures: { type: 'group', rows: TENSOR_BOARD_PICTURES },
  /** What the table of hyperparameters shows. Default: what a checkpoint keeps of the run's options, where a single value says it. */
  hyperparameters: {
    type: 'any',
    expected: 'an object of texts, numbers and booleans',
    check: (argument, value) => {
      for (const [name, each] of Object.entries(value as object)) {
        if (!isSingle(each))
          throw new ArgumentError(`${argument}.${name}`, 'a text, a number or a boolean', each);
      }
      return value as Hyperparameters;
    },
  } as AnyRow<Hyperparameters>,
} as const satisfies OptionTable;

/** Options of {@link tensorBoard}. */
export interface TensorBoardOptions extends OptionsOf<typeof TENSOR_BOARD_OPTIONS> {}

/** Where files lie: the run's own is at the root, where TensorBoard looks for hyperparameters. */
const FOLDERS = { run: '.', train: 'train', validation: 'validation' } as const;

type Part = keyof typeof FOLDERS;

/**
 * Writes what TensorBoard shows of a run, under the folders and tags that Keras' callback uses: scalars in `train` and `validation`,
 * `epoch_loss`, `epoch_accuracy`, `epoch_learning_rate`, and `batch_loss` and so on with `everySteps`; the graph, the hyperparameters, and
 * on demand histograms and pictures.
 *
 * A resumed run continues its files from its checkpoint, so that no scalar is written twice. A new run in an old run's folder moves the old
 * run's files to `previous/`.
 */
export function tensorBoard(options: TensorBoardOptions): Callback {
  const settled = readOptions(TENSOR_BOARD_OPTIONS, options);
  const { directory, everySteps, histogramEpochs, gradients: withGradients, pictures } = settled;
  if (withGradients && histogramEpochs === undefined) {
    throw new ArgumentError('options.histogramEpochs', 'a number of epochs with `gradients`', undefined);
  }
  let files: Partial<Record<Part, EventFile>> = {};
  let saved: Partial<Record<Part, EventFilePlace>> = {};
  let gradients: HostTensors | undefined;
  const hasHistograms = (epoch: number): boolean =>
    histogramEpochs !== undefined && (epoch + 1) % histogramEpochs === 0;
  const open = async (run: TrainingRun): Promise<void> => {
    const validates = run.metricNames.some((name) => name.startsWith('val'));
    for (const part of ['run', 'train', ...(validates ? ['validation' as const] : [])] as const) {
      files[part] = await openEventFile(join(directory, FOLDERS[part]), saved[part]);
    }
  };
  /** What stays the same over a run. */
  const describe = async (run: TrainingRun): Promise<void> => {
    const hyperparameters = settled.hyperparameters ?? singleValues(run.settings);
    await files.run?.write(0, [sessionStartValue(hyperparameters, Date.now() / 1000)]);
    if (settled.graph) await files.train?.writeGraph(graphDefinition(run.model));
    if (pictures === undefined) return;
    const seen = await trainingPictures(pictures.source, run.epoch, pictures.count);
    const values = seen.map((picture, index) => pictureValue(`pictures/${index}`, picture));
    await files.train?.write(run.epoch, values);
  };
  return {
    name: 'tensorBoard',
    isForFirstRank: true,
    onTrainBegin: async (run) => {
      files = {};
      saved = {};
      // A resumed run's state says where it is.
      if (run.isResumed) return;
      for (const folder of Object.values(FOLDERS))
        await setEventsAside(join(directory, folder), join(directory, 'previous', folder));
      await open(run);
      await describe(run);
    },
    onResume: async (run) => {
      await open(run);
      // It may have begun without this callback.
      if (saved.run === undefined) await describe(run);
    },
    saveState: () => ({
      values: Object.fromEntries(Object.entries(files).map(([part, file]) => [part, file.place()])),
    }),
    loadState: ({ values }) => {
      saved = values as unknown as typeof saved;
    },
    onEpochBegin: () => {
      gradients = undefined;
    },
    ...(withGradients && {
      onGradients: async (run, read) => {
        if (gradients === undefined && hasHistograms(run.epoch)) gradients = await read();
      },
    }),
    onStepEnd: async (_run, { step, loss, accuracy, learningRate }) => {
      if (everySteps === undefined || step % everySteps !== 0) return;
      await files.train?.write(
        step,
        scalarValues({ batch_loss: loss, batch_accuracy: accuracy, batch_learning_rate: learningRate }),
      );
    },
    onEpochEnd: async (run, { epoch, metrics }) => {
      await files.train?.write(epoch, scalarValues(epochTags(metrics, false)));
      await files.validation?.write(epoch, scalarValues(epochTags(metrics, true)));
      if (!hasHistograms(epoch)) return;
      const weights = await readAllValues(
        runWeights(run.model).map(({ name, variable }) => [`${name}/histogram`, variable]),
      );
      const ofGradients = [...(gradients ?? [])].map(
        ([name, tensor]) => [`${name}/gradient`, tensor] as const,
      );
      for (const [tag, { values }] of [...weights, ...ofGradients])
        await files.train?.write(epoch, [histogramValue(tag, values)]);
    },
    onTrainEnd: async () => files.run?.write(0, [sessionEndValue(Date.now() / 1000)]),
  };
}

function scalarValues(scalars: Readonly<Record<string, number>>): Fields[] {
  return Object.entries(scalars).map(([tag, value]) => scalarValue(tag, value));
}

function isSingle(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** The settings that are no lists and no objects. */
function singleValues(settings: TrainingRun['settings']): Hyperparameters {
  const single = Object.entries(settings).flatMap(([name, value]) =>
    isSingle(value) ? [[name, value]] : [],
  );
  return Object.fromEntries(single) as Hyperparameters;
}

/** `valAccuracy` as `epoch_accuracy` of validation, `learningRate` as `epoch_learning_rate` of training. */
function epochTags(metrics: Metrics, ofValidation: boolean): Record<string, number> {
  const tags = Object.entries(metrics).flatMap(([name, value]) => {
    const isValidation = /^val[A-Z]/.test(name);
    if (isValidation !== ofValidation) return [];
    const snake = name
      .replace(/^val/, '')
      .replace(/(?<=.)[A-Z]/g, '_$&')
      .toLowerCase();
    return [[`epoch_${snake}`, value]];
  });
  return Object.fromEntries(tags) as Record<string, number>;
}
