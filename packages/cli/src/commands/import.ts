import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';

import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError, modelMetadata, pixelNormalization, updateModelMetadata } from '@zoo/core';
import {
  createResnet,
  identifyNetwork,
  loadNetwork,
  type ShortcutOption,
  type StemName,
  type VariantName,
} from '@zoo/resnet';
import { inspectWeights, loadWeightsFile, saveLayersModel } from '@zoo/weights/node';

import { noteLine, printLine, type CommandIo } from '../command-io';
import { readClassIndexFile } from '../models/class-index';
import { openModel, publishedEntry } from '../models/open-model';
import { preprocessingOptions, type PictureReadingOptions } from '../models/picture-reading';
import { formatCount } from '../output/format-number';
import { expectWritableFolder } from '../output/writable-folder';
import { withoutEngine } from '../start-engine';

/** What makes another network of an architecture. */
interface NetworkOptions {
  variant?: VariantName;
  stem?: StemName;
  shortcut?: ShortcutOption;
}

/** Options of `zoo import`. */
export interface ImportOptions extends PictureReadingOptions {
  file: string;
  output: string;
  model?: string;
  variant?: VariantName;
  stem?: StemName;
  shortcut?: ShortcutOption;
  classes?: number;
  /** How a Keras file's weights find their layers. */
  by?: 'name' | 'topology';
  /** What layers of a Keras file are called in the network. */
  rename?: Readonly<Record<string, string>>;
}

/** Writes a TensorFlow.js LayersModel from a weights file. */
export async function importWeights(options: ImportOptions, io: CommandIo): Promise<void> {
  await withoutEngine(async () => {
    const model = await readModel(options, io);
    try {
      await describePictures(model, options);
      await expectWritableFolder('--output', options.output);
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
  });
}

async function readModel(options: ImportOptions, io: CommandIo): Promise<tfl.LayersModel> {
  const { file, model: name, classes, imageSize } = options;
  if (await holdsOwnNetwork(options)) {
    const own = await loadNetwork(file, {
      ...networkOptions(options),
      ...matchOptions(options),
      ...(imageSize !== undefined && { imageSize }),
    });
    return withClasses(own, options);
  }
  if (name === undefined) {
    expectNothingToMatch(options);
    return withClasses(await openModel(file, io, options), options);
  }
  const model = createResnet(name, {
    kernelInitializer: 'zeros',
    ...networkOptions(options),
    ...(classes !== undefined && { classes }),
    ...(imageSize !== undefined && { inputShape: [...imageSize, 3] as const }),
  });
  try {
    await loadWeightsFile(model, file, matchOptions(options));
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** True for a file of weights alone, unless it is of another network than the one that the user names. */
async function holdsOwnNetwork({ file, model: name }: ImportOptions): Promise<boolean> {
  if (publishedEntry(file) !== undefined || !existsSync(file) || (await layersModelAt(file))) return false;
  if ((await inspectWeights(file)).architecture !== undefined) return false;
  return name === undefined || (await identifyNetwork(file)).architecture === name;
}

/** The model, if it has as many outputs as the user says; else it is disposed. */
function withClasses(model: tfl.LayersModel, { classes }: ImportOptions): tfl.LayersModel {
  const outputs = model.outputs[0]!.shape.at(-1);
  if (classes === undefined || classes === outputs) return model;
  model.dispose();
  throw new ArgumentError(
    '--classes',
    `${outputs ?? 'none'}, the outputs that the file has weights for,`,
    classes,
    'Leave --classes out; zoo train --weights begins with a head for other classes.',
  );
}

/** Throws for ways to fit weights into a network that the file itself describes. */
function expectNothingToMatch({ file, by, rename }: ImportOptions): void {
  if (by === undefined && rename === undefined) return;
  throw new ArgumentError(
    by === undefined ? '--rename' : '--by',
    'a network to fit the weights into',
    by ?? rename,
    `${file} holds its own. Leave it out, or give --model too.`,
  );
}

/** True for a folder or a model.json, which are no files of weights. */
async function layersModelAt(path: string): Promise<boolean> {
  return (await stat(path)).isDirectory() || path.endsWith('.json');
}

/** How the user wants weights to find their layers; the rest has no key. */
function matchOptions({ by, rename }: ImportOptions): Pick<ImportOptions, 'by' | 'rename'> {
  return { ...(by !== undefined && { by }), ...(rename !== undefined && { rename }) };
}

/** What the user says of the network; the rest has no key. */
function networkOptions({ variant, stem, shortcut }: ImportOptions): NetworkOptions {
  return {
    ...(variant !== undefined && { variant }),
    ...(stem !== undefined && { stem }),
    ...(shortcut !== undefined && { shortcut }),
  };
}

/** Keeps with the model what the options say about pictures and classes, so that `zoo predict` needs none of them. */
async function describePictures(model: tfl.LayersModel, options: ImportOptions): Promise<void> {
  const metadata = modelMetadata(model);
  const { normalization, ...rest } = preprocessingOptions(options);
  const classNames =
    options.classIndex === undefined ? metadata?.classNames : await readClassIndexFile(options.classIndex);
  const outputs = model.outputs[0]!.shape.at(-1);
  const classCount = outputs === 1 ? 2 : outputs;
  if (classNames !== undefined && classNames.length !== classCount) {
    throw new ArgumentError('--class-index', `${classCount ?? 'unknown'} names, one a class,`, classNames);
  }
  updateModelMetadata(model, {
    preprocessing: {
      ...metadata?.preprocessing,
      ...rest,
      ...(normalization !== undefined && { normalization: pixelNormalization(normalization) }),
    },
    ...(classNames && { classNames }),
  });
}
