import type * as tf from '@tensorflow/tfjs';
import {
  ArgumentError,
  modelMetadata,
  pixelNormalization,
  setModelMetadata,
  ZooError,
  type ModelMetadata,
} from '@zoo/core';
import { createResnet, type VariantName } from '@zoo/resnet';
import { loadKerasModel, loadWeightsFile, saveLayersModel } from '@zoo/weights/node';

import { noteLine, printLine, type CommandIo } from '../command-io';
import { readClassIndexFile } from '../models/class-index';
import { isWeightsOnly } from '../models/open-model';
import type { PictureReadingOptions } from '../models/picture-reading';
import { openPublished, publishedEntry } from '../models/published-model';
import { formatCount } from '../output/format-number';

/** Options of `zoo import`. */
export interface ImportOptions extends PictureReadingOptions {
  file: string;
  output: string;
  model?: string;
  variant?: VariantName;
  classes?: number;
  /** How a Keras file's weights find their layers. */
  by?: 'name' | 'topology';
  /** What layers of a Keras file are called in the network. */
  rename?: Readonly<Record<string, string>>;
}

/** Writes a TensorFlow.js LayersModel from a weights file. */
export async function importWeights(options: ImportOptions, io: CommandIo): Promise<void> {
  const model = await readModel(options, io);
  try {
    await describePictures(model, options);
    await saveLayersModel(model, options.output);
    printLine(io, `${options.output}: ${model.name}, ${formatCount(model.countParams())} parameters`);
    if (modelMetadata(model)?.preprocessing?.normalization === undefined) {
      noteLine(
        io,
        'It does not say how bytes become its inputs: give --normalization here, or each time it is used.',
      );
    }
  } finally {
    model.dispose();
  }
}

async function readModel(options: ImportOptions, io: CommandIo): Promise<tf.LayersModel> {
  const { file, model: name, variant, classes, imageSize, by, rename } = options;
  if (name === undefined) {
    const entry = publishedEntry(file);
    if (entry !== undefined) return openPublished(entry, io);
    if (isWeightsOnly(file)) {
      throw new ZooError(
        'invalid-argument',
        `${file} holds weights without an architecture. Give --model with the network that they belong to: see zoo models.`,
      );
    }
    return loadKerasModel(file);
  }
  const model = createResnet(name, {
    kernelInitializer: 'zeros',
    ...(variant !== undefined && { variant }),
    ...(classes !== undefined && { classes }),
    ...(imageSize !== undefined && { inputShape: [...imageSize, 3] as const }),
  });
  try {
    await loadWeightsFile(model, file, {
      ...(by !== undefined && { by }),
      ...(rename !== undefined && { rename }),
    });
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** Keeps with the model what the options say about pictures and classes, so that `zoo predict` needs none of them. */
async function describePictures(model: tf.LayersModel, options: ImportOptions): Promise<void> {
  const { normalization, resize, aspect, imageSize, classIndex, model: architecture } = options;
  const metadata: ModelMetadata = {
    ...modelMetadata(model),
    preprocessing: {
      ...modelMetadata(model)?.preprocessing,
      ...(normalization && { normalization: pixelNormalization(normalization) }),
      ...(resize && { resize }),
      ...(aspect && { aspect }),
      ...(imageSize && { imageSize }),
    },
    ...(architecture && { architecture }),
    ...(classIndex && { classNames: await readClassIndexFile(classIndex) }),
  };
  const { classNames } = metadata;
  const outputs = model.outputs[0]!.shape.at(-1);
  if (classNames !== undefined && classNames.length !== outputs) {
    throw new ArgumentError(
      '--class-index',
      `${outputs ?? 'unknown'} names, one an output of the model,`,
      classNames,
    );
  }
  setModelMetadata(model, metadata);
}
