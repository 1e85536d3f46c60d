import type * as tfl from '@tensorflow/tfjs-layers';
import type { OptionsOf, ReadOptions } from '@zoo/core';
import { alignClasses, type ImageBatchSource } from '@zoo/data';
import { imageBatches, type ImageFolder } from '@zoo/data/node';
import {
  calibrate,
  evaluate,
  evaluateEnsemble,
  evaluateMultiLabel,
  type EnsembleEvaluation,
  type EvaluateOptions,
  type Evaluation,
  type MultiLabelEvaluation,
} from '@zoo/train';
import { VIEW_OPTIONS } from '@zoo/train/options';

import { type CommandIo, noteLine, noteSkipped } from '../command-io';
import { formatDecimal } from '../output/format-number';

import type { PictureReading } from './picture-reading';

/** How models are measured. */
export interface MeasureOptions extends Omit<OptionsOf<typeof VIEW_OPTIONS>, 'cropSize'> {
  top?: number;
  /** What the mean of several models' answers is of. */
  average?: 'probabilities' | 'logits';
  /** Set for a temperature to be fitted to the pictures first. */
  calibrate?: string;
  batchSize?: number;
  onCorrupt?: 'error' | 'skip';
}

/** A model on the pictures of `folder`; of several, the mean of their answers, and each alone. */
export async function measureModels(
  models: readonly tfl.LayersModel[],
  readings: readonly PictureReading[],
  folder: ImageFolder,
  options: MeasureOptions,
  io: CommandIo,
): Promise<{ evaluation: Evaluation; alone: readonly Evaluation[] }> {
  if (models.length === 1) {
    const [[model], [reading]] = [models, readings] as [[tfl.LayersModel], [PictureReading]];
    return { evaluation: await measureBy(evaluate, model, reading, folder, options, io), alone: [] };
  }
  const evaluation = await evaluateTogether(models, folder, readings, options, io);
  return { evaluation, alone: evaluation.members };
}

/** The folder with its labels in the model's order; a model without names is taken to have been trained on such a folder. */
function namedFolder(folder: ImageFolder, { classNames }: PictureReading, io: CommandIo): ImageFolder {
  if (classNames !== undefined) return alignClasses(folder, classNames);
  noteLine(
    io,
    `The model does not name its classes: they are taken to be ${folder.classNames.join(', ')}, in this order.`,
  );
  return folder;
}

/** The size that pictures are read at before views of them are cut or scaled: crops come out of a seventh more, 256 for 224. */
function sizeBeforeViews(
  [height, width]: PictureReading['preprocessing']['imageSize'],
  { crops, scales }: Pick<ReadOptions<typeof VIEW_OPTIONS>, 'crops' | 'scales'>,
): number | readonly [height: number, width: number] {
  if (scales !== undefined) return Math.max(...scales);
  if (crops === 'none') return [height, width];
  return [Math.ceil((height * 8) / 7), Math.ceil((width * 8) / 7)];
}

/** The pictures of `folder` as a model reads them, or larger where views are cut out of them. */
function picturesFor(
  folder: ImageFolder,
  { preprocessing }: PictureReading,
  { batchSize = 32, onCorrupt = 'error', scales, crops = VIEW_OPTIONS.crops.default }: MeasureOptions,
) {
  return imageBatches(folder, {
    ...preprocessing,
    imageSize: sizeBeforeViews(preprocessing.imageSize, { crops, scales }),
    batchSize,
    onCorrupt,
    shuffle: false,
  });
}

function evaluateOptions(
  { top, horizontalFlip = false, scales, crops = VIEW_OPTIONS.crops.default }: MeasureOptions,
  { classNames }: ImageFolder,
  readings: readonly PictureReading[],
): EvaluateOptions {
  const [first, ...others] = readings.map(({ preprocessing }) => preprocessing.imageSize);
  const isOneSize = others.every((size) => size.join() === first!.join());
  return {
    ...(top !== undefined && { topK: Math.min(top, classNames.length) }),
    ...{ horizontalFlip, crops },
    // Models of different sizes each crop to their own.
    ...(crops !== 'none' && isOneSize && { cropSize: first! }),
    ...(scales !== undefined && { scales }),
  };
}

/** A model on the pictures of `folder` as it reads them, with a temperature fitted to them first where that is asked for. */
async function measureBy<Result>(
  measure: (model: tfl.LayersModel, source: ImageBatchSource, options: EvaluateOptions) => Promise<Result>,
  model: tfl.LayersModel,
  reading: PictureReading,
  folder: ImageFolder,
  options: MeasureOptions,
  io: CommandIo,
): Promise<Result> {
  const named = namedFolder(folder, reading, io);
  const source = await picturesFor(named, reading, options);
  if (options.calibrate !== undefined) await calibrateOn(model, source, io);
  const result = await measure(model, source, evaluateOptions(options, named, [reading]));
  noteSkipped(io, source.corrupt);
  return result;
}

async function calibrateOn(model: tfl.LayersModel, source: ImageBatchSource, io: CommandIo): Promise<void> {
  const { temperature, lossBefore, loss } = await calibrate(model, source);
  noteLine(
    io,
    `temperature ${temperature.toPrecision(4)}: loss ${formatDecimal(lossBefore)} before, ${formatDecimal(loss)} with it`,
  );
}

/** A model that tells several classes per picture, on the pictures of `folder`. */
export function measureMultiLabel(
  model: tfl.LayersModel,
  reading: PictureReading,
  folder: ImageFolder,
  options: MeasureOptions,
  io: CommandIo,
): Promise<MultiLabelEvaluation> {
  return measureBy(evaluateMultiLabel, model, reading, folder, options, io);
}

/** Measures several models together, each on the pictures as it reads them. */
async function evaluateTogether(
  models: readonly tfl.LayersModel[],
  folder: ImageFolder,
  readings: readonly PictureReading[],
  options: MeasureOptions,
  io: CommandIo,
): Promise<EnsembleEvaluation> {
  const sources: ImageBatchSource[] = [];
  const named = readings.map((reading) => namedFolder(folder, reading, io));
  for (const [index, reading] of readings.entries())
    sources.push(await picturesFor(named[index]!, reading, options));
  const members = models.map((model, index) => ({ model, source: sources[index]! }));
  const evaluation = await evaluateEnsemble(members, {
    ...evaluateOptions(options, named[0]!, readings),
    ...(options.average && { average: options.average }),
  });
  noteSkipped(io, sources[0]!.corrupt);
  return evaluation;
}
