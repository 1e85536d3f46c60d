import type { PixelNormalizationMode } from '@zoo/core';
import type { StemName, VariantName } from '@zoo/resnet';
import { Option, type Command } from 'commander';

import { imageSizeOption, integerOption } from '../option-values';

// Tables in place of the packages' own, since a value imported from there would load TensorFlow.js for `--help`.
const VARIANTS: Record<VariantName, true> = {
  keras: true,
  torchvision: true,
  idenprof: true,
  resnetD: true,
  tf1: true,
  deeplearningAi: true,
};
const STEMS: Record<StemName, true> = {
  imagenet: true,
  imagenetSame: true,
  imagenetUnpaddedPool: true,
  deep: true,
  half: true,
  small: true,
};
const NORMALIZATIONS: Record<PixelNormalizationMode, true> = {
  caffe: true,
  tf: true,
  torch: true,
  raw: true,
  scale: true,
};

/** Options that several commands have, each made anew for every command. */
export const SHARED_OPTIONS = {
  engine: () =>
    new Option(
      '--engine <name>',
      'engine to compute on: see `zoo engines` (default: the best that is present)',
    ),
  threads: () =>
    new Option(
      '--threads <count>',
      'threads to compute on (default: the cores this process may use)',
    ).argParser(integerOption(1, 1024)),
  batchSize: (defaultSize: number) =>
    new Option('--batch-size <count>', `pictures computed at once (default: ${defaultSize})`).argParser(
      integerOption(1),
    ),
  imageSize: (description: string) =>
    new Option('--image-size <pixels>', description).argParser(imageSizeOption),
  normalization: (description: string) =>
    new Option('--normalization <mode>', description).choices(Object.keys(NORMALIZATIONS)),
  resize: () =>
    new Option('--resize <method>', 'how pictures change their size').choices([
      'antialias',
      'bilinear',
      'nearest',
      'area',
    ]),
  aspect: () =>
    new Option('--aspect <mode>', 'what becomes of pictures of another proportion').choices([
      'stretch',
      'crop',
      'pad',
    ]),
  classIndex: () =>
    new Option(
      '--class-index <file>',
      'JSON file with the class names: {"0": "chef", "1": "doctor"} or ["chef"]',
    ),
  model: (description: string) => new Option('--model <name>', description),
  variant: (description: string) =>
    new Option('--variant <name>', description).choices(Object.keys(VARIANTS)),
  stem: () =>
    new Option(
      '--stem <name>',
      'how the network begins (default: its own, or half for pictures of up to 128 pixels)',
    ).choices(Object.keys(STEMS)),
  classes: () => new Option('--classes <count>', 'outputs of the model').argParser(integerOption(1)),
  json: () => new Option('--json', 'print JSON, for programs'),
} as const;

/** What `<model>` may be. */
export const MODEL_ARGUMENT =
  'a folder that `zoo train` or `zoo import` wrote, model.json, a Keras .h5 or .keras file, or published weights: `resnet50.keras_in1k`';

/** Declares the options of a command that runs a saved model over pictures. */
export function addInferenceOptions(command: Command): Command {
  return command
    .addOption(SHARED_OPTIONS.json())
    .addOption(SHARED_OPTIONS.classIndex())
    .addOption(SHARED_OPTIONS.normalization('how bytes become inputs (default: what the model says)'))
    .addOption(SHARED_OPTIONS.imageSize('where the model leaves it open'))
    .addOption(SHARED_OPTIONS.resize())
    .addOption(SHARED_OPTIONS.aspect())
    .addOption(SHARED_OPTIONS.batchSize(32))
    .addOption(SHARED_OPTIONS.engine())
    .addOption(SHARED_OPTIONS.threads());
}

/** The part of a command's help that shows it in use. */
export function examples(...lines: readonly string[]): string {
  return ['', lines.length === 1 ? 'Example:' : 'Examples:', ...lines.map((line) => `  $ ${line}`)].join(
    '\n',
  );
}
