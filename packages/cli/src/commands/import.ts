import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';

import type * as tfl from '@tensorflow/tfjs-layers';
import {
  ArgumentError,
  DEFAULT_PREPROCESSING,
  modelMetadata,
  pixelNormalization,
  updateModelMetadata,
} from '@zoo/core';
import {
  createResnet,
  identifyNetwork,
  loadNetwork,
  type ShortcutOption,
  type StemName,
  type VariantName,
} from '@zoo/resnet';
import { inspectWeights, loadWeightsFile, saveLayersModel } from '@zoo/weights/node';
import { Option, type Command } from 'commander';

import { type CommandIo, noteLine, printLine } from '../command-io';
import { readClassIndexFile } from '../models/class-index';
import { openModel, publishedEntry } from '../models/open-model';
import { expectCropped, preprocessingOptions, type PictureReadingOptions } from '../models/picture-reading';
import { renameOption } from '../option-values';
import { formatCount } from '../output/format-number';
import { expectWritableFolder } from '../output/writable-folder';
import { withoutEngine } from '../start-engine';

import { examples, SHARED_OPTIONS } from './shared-options';

/** Declares `zoo import`. */
export function defineImport(command: Command, io: CommandIo): void {
  command
    .description(
      'Writes a TensorFlow.js LayersModel from a Keras file (.h5, .weights.h5, .keras), safetensors or a PyTorch file (.pth, .pt, .th). ' +
        'The network of a file of weights alone is told from its names and shapes; --model and the like settle what it leaves open.',
    )
    .argument(
      '<file>',
      'the weights file, the name of published weights: `resnet50.keras_in1k`, or a model of the Hugging Face Hub: `hf:timm/resnet50.a1_in1k`',
    )
    .requiredOption('--output <folder>', 'folder to write the model to')
    .addOption(SHARED_OPTIONS.model('network that the weights belong to (default: what the file tells)'))
    .addOption(SHARED_OPTIONS.variant("the network's variant (default: its own)"))
    .addOption(SHARED_OPTIONS.stem('how the network begins (default: its own)'))
    .addOption(SHARED_OPTIONS.shortcut())
    .addOption(
      new Option(
        '--by <way>',
        "fit a Keras file's weights by layer name or by order (default: by name, or by order where names differ throughout)",
      ).choices(['name', 'topology']),
    )
    .addOption(
      new Option(
        '--rename <from=to>',
        'what a layer of a Keras file is called in the network, conv2d_3=conv2_block1_3_conv; may be repeated',
      ).argParser(renameOption),
    )
    .addOption(SHARED_OPTIONS.classes())
    .addOption(SHARED_OPTIONS.imageSize("the network's input (default: the network's own)"))
    .addOption(SHARED_OPTIONS.normalization('how bytes become inputs; kept with the model'))
    .addOption(SHARED_OPTIONS.mean())
    .addOption(SHARED_OPTIONS.standardDeviation())
    .addOption(SHARED_OPTIONS.resize())
    .addOption(SHARED_OPTIONS.aspect())
    .addOption(SHARED_OPTIONS.cropFraction())
    .addOption(SHARED_OPTIONS.classIndex())
    .addHelpText(
      'after',
      examples(
        'zoo import model.h5 --output model',
        'zoo import idenprof_061-0.7933.h5 --model resnet50 --variant idenprof --classes 10 --normalization scale --output idenprof',
      ),
    )
    .action((file: string, options: Omit<ImportOptions, 'file'>) => importWeights({ ...options, file }, io));
}

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
    return withClasses(await openModel(file, io, options, '<file>'), options);
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
  const { aspect = DEFAULT_PREPROCESSING.aspect } = { ...metadata?.preprocessing, ...rest };
  expectCropped(aspect, options.cropFraction);
  const classNames =
    options.classIndex === undefined ? metadata?.classNames : await readClassIndexFile(options.classIndex);
  const outputs = model.outputs[0]!.shape.at(-1);
  const classCount = outputs === 1 ? 2 : outputs;
  if (classNames !== undefined && classNames.length !== classCount) {
    throw new ArgumentError('--class-index', `${classCount ?? 'unknown'} names, one per class,`, classNames);
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
