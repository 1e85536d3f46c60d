import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { BatchSource } from '@zoo/core';
import { remoteMonitor, type Callback } from '@zoo/train';
import { checkpoint, csvLogger, jsonLinesLogger, progressBar, tensorBoard } from '@zoo/train/node';

import { noteLine, type CommandIo } from '../command-io';

import type { TrainSettings } from './train-options';
import { OUTPUT_FILES } from './train-settings';
import type { WatchOptions } from './watch-options';

/** What is watched, and where. */
interface WatchedRun {
  readonly output: string;
  readonly settings: TrainSettings;
  /** True if it goes on from a checkpoint. */
  readonly resume: boolean;
  readonly watch: WatchOptions;
  /** What it trains on. */
  readonly train: BatchSource;
}

/** Everything that writes while a run goes on: its progress, checkpoints and history, and what the user asked for besides. */
export function runCallbacks(
  { output, settings, resume, watch, train }: WatchedRun,
  io: CommandIo,
): Callback[] {
  const place = (name: keyof typeof OUTPUT_FILES): string => join(output, OUTPUT_FILES[name]);
  // A resumed run goes on with what it has written.
  const { progress, tensorboard = resume && existsSync(place('events')), post } = watch;
  return [
    progressBar({ stream: io.stderr, ...(progress && { style: progress }) }),
    checkpoint({ directory: place('checkpoints') }),
    jsonLinesLogger(place('history')),
    csvLogger(place('historyTable')),
    ...(tensorboard
      ? [
          tensorBoard({
            directory: place('events'),
            everySteps: 1,
            histogramEpochs: 1,
            gradients: true,
            pictures: { source: train },
            hyperparameters: singleValues(settings),
          }),
        ]
      : []),
    ...(post === undefined
      ? []
      : [remoteMonitor({ url: post, onError: ({ message }) => noteLine(io, message) })]),
  ];
}

/** Settings that are one value; sizes as `64x64`. */
function singleValues(settings: TrainSettings): Record<string, string | number | boolean> {
  return Object.fromEntries(
    Object.entries(settings).flatMap(([name, value]): [string, string | number | boolean][] => {
      if (value === null) return [];
      if (typeof value !== 'object') return [[name, value]];
      return [[name, Array.isArray(value) ? value.join('x') : JSON.stringify(value)]];
    }),
  );
}
