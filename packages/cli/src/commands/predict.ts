import { stat } from 'node:fs/promises';

import type * as tf from '@tensorflow/tfjs';
import { formatPredictions, topClasses, ZooError } from '@zoo/core';

import { noteLine, printJson, printLine, type CommandIo } from '../command-io';
import { classifyPictures, type ClassifiedPicture } from '../models/classify-pictures';
import { openModel } from '../models/open-model';
import { pictureReading, type PictureReadingOptions } from '../models/picture-reading';
import { withEngine, type EngineOptions } from '../start-engine';

/** Options of `zoo predict`. */
export interface PredictOptions extends PictureReadingOptions, EngineOptions {
  model: string;
  pictures: string[];
  top?: number;
  json?: boolean;
  batchSize?: number;
}

/** Classifies pictures and prints the most probable classes of each. */
export async function predict(options: PredictOptions, io: CommandIo): Promise<void> {
  await expectFiles(options.pictures);
  await withEngine({ ...options, purpose: 'infer' }, io, async () => {
    const model = await openModel(options.model, io);
    try {
      const reading = await pictureReading(model, options);
      const classNames = reading.classNames ?? numberedClasses(model, io);
      const classified = await classifyPictures(model, options.pictures, {
        reading,
        batchSize: options.batchSize ?? 32,
      });
      printClassified(classified, classNames, options, io);
    } finally {
      model.dispose();
    }
  });
}

function printClassified(
  pictures: readonly ClassifiedPicture[],
  classNames: readonly string[],
  { top = 5, json = false }: PredictOptions,
  io: CommandIo,
): void {
  const results = pictures.map(({ path, probabilities }) => ({
    picture: path,
    predictions: topClasses(probabilities, classNames, top),
  }));
  if (json) {
    printJson(io, results);
    return;
  }
  results.forEach(({ picture, predictions }, index) => {
    if (results.length > 1) printLine(io, `${index === 0 ? '' : '\n'}${picture}`);
    printLine(io, formatPredictions(predictions));
  });
}

/** Throws before a model is loaded for nothing. */
async function expectFiles(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const stats = await stat(path).catch(() => undefined);
    if (stats?.isFile() === true) continue;
    const problem = stats === undefined ? 'there is nothing' : 'it is a folder';
    throw new ZooError('invalid-file', `Expected a picture at ${path} but ${problem}. Check the path.`);
  }
}

function numberedClasses(model: tf.LayersModel, io: CommandIo): string[] {
  noteLine(
    io,
    'The model does not name its classes: numbers stand for them. Give their names with --class-index.',
  );
  return Array.from({ length: model.outputs[0]!.shape.at(-1) ?? 0 }, (_, index) => String(index));
}
