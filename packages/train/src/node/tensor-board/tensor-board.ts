import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { ArgumentError, expectInteger, expectKnownOptions } from '@zoo/core';

import type { Callback } from '../../callbacks/callback';
import type { Metrics } from '../../history';

import { fileVersionRecord, scalarRecord } from './event-record';

/** Options of {@link tensorBoard}. */
export interface TensorBoardOptions {
  /** The run's folder; `tensorboard --logdir` on its parent shows several runs side by side. */
  directory: string;
  /** Also writes loss, accuracy and learning rate each time this many updates were made. Default: after each epoch only. */
  everySteps?: number;
}

/**
 * Writes scalars that TensorBoard shows, under the folders and tags that Keras' callback uses: `train` and `validation`,
 * `epoch_loss`, `epoch_accuracy`, `epoch_learning_rate`, and `batch_loss` and so on with `everySteps`.
 *
 * A resumed run adds files of its own; TensorBoard joins them.
 */
export function tensorBoard(options: TensorBoardOptions): Callback {
  expectKnownOptions('options', options, ['directory', 'everySteps']);
  const { directory, everySteps } = options;
  if (typeof directory !== 'string' || directory === '') {
    throw new ArgumentError('options.directory', 'the path of a folder', directory);
  }
  if (everySteps !== undefined) expectInteger('options.everySteps', everySteps, { minimum: 1 });
  let train: EventFile | undefined;
  let validation: EventFile | undefined;
  return {
    name: 'tensorBoard',
    onTrainBegin: async (run) => {
      train = await openEventFile(join(directory, 'train'));
      const validates = run.metricNames.some((name) => name.startsWith('val'));
      validation = validates ? await openEventFile(join(directory, 'validation')) : undefined;
    },
    onStepEnd: async (_run, { step, loss, accuracy, learningRate }) => {
      if (everySteps === undefined || step % everySteps !== 0) return;
      await train?.write(step, {
        batch_loss: loss,
        batch_accuracy: accuracy,
        batch_learning_rate: learningRate,
      });
    },
    onEpochEnd: async (_run, { epoch, metrics }) => {
      await train?.write(epoch, epochTags(metrics, false));
      await validation?.write(epoch, epochTags(metrics, true));
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

interface EventFile {
  write(step: number, scalars: Readonly<Record<string, number>>): Promise<void>;
}

let fileCount = 0;

async function openEventFile(folder: string): Promise<EventFile> {
  await mkdir(folder, { recursive: true });
  const nowMs = Date.now();
  // The name has to sort by time; process and counter keep two files of one millisecond apart.
  const name = `events.out.tfevents.${Math.floor(nowMs / 1000)}.${hostname()}.${process.pid}.${fileCount++}.v2`;
  const path = join(folder, name);
  await writeFile(path, fileVersionRecord(nowMs / 1000));
  return {
    write: (step, scalars) => appendFile(path, scalarRecord({ wallTime: Date.now() / 1000, step, scalars })),
  };
}
