import type * as tfl from '@tensorflow/tfjs-layers';
import { classifierHead, type BatchSource } from '@zoo/core';
import { alignClasses } from '@zoo/data';
import { imageBatches, type ImageFolder } from '@zoo/data/node';

import { noteSkipped, printLine, type CommandIo } from '../command-io';
import { formatShare } from '../output/format-number';
import { progressLine } from '../output/progress-line';

import { answersOf, type AnswerBatch, type Answers, type Comparison } from './compare-answers';
import type { PictureReading } from './picture-reading';

/** How pictures are read for a measurement. */
export interface MeasuredPicturesOptions {
  readonly batchSize?: number;
  readonly onCorrupt?: 'error' | 'skip';
}

/** The pictures of a folder as a model reads them, its classes in the model's order. */
export async function measuredSource(
  folder: ImageFolder,
  { preprocessing, classNames }: PictureReading,
  { batchSize = 32, onCorrupt = 'error' }: MeasuredPicturesOptions,
  io: CommandIo,
): Promise<BatchSource> {
  const named = classNames === undefined ? folder : alignClasses(folder, classNames);
  const source = await imageBatches(named, { ...preprocessing, batchSize, onCorrupt, shuffle: false });
  noteSkipped(io, source.corrupt);
  return source;
}

/** Asks for all pictures, with a line that says how far it is. */
export async function measuredAnswers(
  source: BatchSource,
  answer: AnswerBatch,
  io: CommandIo,
): Promise<Answers> {
  const line = progressLine(io, 'pictures measured');
  try {
    return await answersOf(source, answer, (done, total) => line.update(done, total));
  } finally {
    line.clear();
  }
}

/** From which output on the one unit of a binary head says its second class. */
export function thresholdOf(model: tfl.LayersModel): number {
  return classifierHead(model).activation === 'linear' ? 0 : 0.5;
}

/** Prints what is known of a comparison: accuracies, and how far the two agree. */
export function printComparison(
  { pictures, accuracyBefore, accuracyAfter, agreement, largestDifference }: Partial<Comparison>,
  io: CommandIo,
): void {
  if (accuracyBefore === undefined) return;
  const after = accuracyAfter === undefined ? '' : `, ${formatShare(accuracyAfter)} after`;
  printLine(io, `accuracy   ${formatShare(accuracyBefore)} before${after}, on ${pictures} pictures`);
  if (agreement === undefined || largestDifference === undefined) return;
  printLine(
    io,
    `agreement  ${formatShare(agreement)} of the first classes; outputs differ by at most ${largestDifference.toPrecision(2)}`,
  );
}
