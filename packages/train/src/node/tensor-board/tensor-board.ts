import { join } from 'node:path';

import { readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import type { Callback, TrainingRun } from '../../callbacks/callback';
import type { Metrics } from '../../history';

import { openEventFile, setEventsAside, type EventFile, type EventFilePlace } from './event-file';

const TENSOR_BOARD_OPTIONS = {
  /** The run's folder; `tensorboard --logdir` on its parent shows several runs side by side. */
  directory: { type: 'text', expected: 'the path of a folder', isRequired: true },
  /** Also writes loss, accuracy and learning rate each time this many updates were made. Default: after each epoch only. */
  everySteps: { type: 'integer', minimum: 1 },
} as const satisfies OptionTable;

/** Options of {@link tensorBoard}. */
export interface TensorBoardOptions extends OptionsOf<typeof TENSOR_BOARD_OPTIONS> {}

/**
 * Writes scalars that TensorBoard shows, under the folders and tags that Keras' callback uses: `train` and `validation`,
 * `epoch_loss`, `epoch_accuracy`, `epoch_learning_rate`, and `batch_loss` and so on with `everySteps`.
 *
 * A resumed run goes on with its files, from where its checkpoint left them, so that no scalar is there twice. A new run in an
 * old run's folder moves the old run's files to `previous/`.
 */
export function tensorBoard(options: TensorBoardOptions): Callback {
  const { directory, everySteps } = readOptions(TENSOR_BOARD_OPTIONS, options);
  const parts = ['train', 'validation'] as const;
  let files: Partial<Record<(typeof parts)[number], EventFile>> = {};
  let saved: Partial<Record<string, EventFilePlace>> = {};
  const open = async (run: TrainingRun): Promise<void> => {
    const validates = run.metricNames.some((name) => name.startsWith('val'));
    for (const part of validates ? parts : parts.slice(0, 1)) {
      files[part] = await openEventFile(join(directory, part), saved[part]);
    }
  };
  return {
    name: 'tensorBoard',
    isForFirstRank: true,
    onTrainBegin: async (run) => {
      files = {};
      saved = {};
      // A resumed run's place is told by its state.
      if (run.isResumed) return;
      for (const part of parts)
        await setEventsAside(join(directory, part), join(directory, 'previous', part));
      await open(run);
    },
    onResume: open,
    saveState: () => ({
      values: Object.fromEntries(Object.entries(files).map(([part, file]) => [part, file.place()])),
    }),
    loadState: ({ values }) => {
      saved = values as unknown as typeof saved;
    },
    onStepEnd: async (_run, { step, loss, accuracy, learningRate }) => {
      if (everySteps === undefined || step % everySteps !== 0) return;
      await files.train?.write(step, {
        batch_loss: loss,
        batch_accuracy: accuracy,
        batch_learning_rate: learningRate,
      });
    },
    onEpochEnd: async (_run, { epoch, metrics }) => {
      await files.train?.write(epoch, epochTags(metrics, false));
      await files.validation?.write(epoch, epochTags(metrics, true));
    },
  };
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
