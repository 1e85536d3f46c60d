import type { AspectMode, PixelNormalizationMode, ResizeMethod } from '@zoo/core';
import type { ShortcutOption, StemName, VariantName } from '@zoo/resnet';
import { Option, type Command } from 'commander';

import { channelValuesOption, imageSizeOption, integerOption, numberOption } from '../option-values';

// Tables in place of the packages' own, since a value imported from there would load TensorFlow.js for commands that never compute.
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
const SHORTCUTS: Record<ShortcutOption, true> = {
  A: true,
  B: true,
  C: true,
  'subsample-pad-end': true,
  'subsample-pad-both': true,
  'average-pad-both': true,
  'average-pad-end': true,
  none: true,
};
const RESIZE_METHODS: Record<ResizeMethod, true> = {
  antialias: true,
  bilinear: true,
  nearest: true,
  area: true,
};
const ASPECT_MODES: Record<AspectMode, true> = { stretch: true, crop: true, resizeCrop: true, pad: true };
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
    new Option('--resize <method>', 'how pictures change their size').choices(Object.keys(RESIZE_METHODS)),
  aspect: () =>
    new Option('--aspect <mode>', 'what becomes of pictures of another proportion').choices(
      Object.keys(ASPECT_MODES),
    ),
  cropFraction: () =>
    new Option(
      '--crop-fraction <share>',
      'share of the resized side that --aspect resizeCrop keeps: 0.875 for 224 of 256',
    ).argParser(numberOption({ above: 0, maximum: 1 })),
  mean: () =>
    new Option('--mean <red,green,blue>', 'instead of --normalization: taken off values of 0 to 1').argParser(
      channelValuesOption,
    ),
  standardDeviation: () =>
    new Option(
      '--standard-deviation <red,green,blue>',
      'with --mean: what values are divided by last',
    ).argParser(channelValuesOption),
  classIndex: () =>
    new Option(
      '--class-index <file>',
      'file with the class names: JSON, {"0": "chef", "1": "doctor"} or ["chef"], or one name a line',
    ),
  model: (description: string) => new Option('--model <name>', description),
  variant: (description: string) =>
    new Option('--variant <name>', description).choices(Object.keys(VARIANTS)),
  stem: (description: string) => new Option('--stem <name>', description).choices(Object.keys(STEMS)),
  shortcut: () =>
    new Option('--shortcut <form>', "the network's shortcuts where shapes change (default: its own)").choices(
      Object.keys(SHORTCUTS),
    ),
  classes: () => new Option('--classes <count>', 'outputs of the model').argParser(integerOption(1)),
  onCorrupt: () =>
    new Option(
      '--on-corrupt <what>',
      'what becomes of pictures that can not be read: an error, or skip them and say which (default: error)',
    ).choices(['error', 'skip']),
  json: () => new Option('--json', 'print JSON, for programs'),
} as const;

/** What `<model>` may be. */
export const MODEL_ARGUMENT =
  'a run or a saved model, a Keras, PyTorch or safetensors file, an address, or published weights: `resnet50.tv_in1k`, see `zoo models`';

/** Declares what a file of weights alone may leave open of its network. */
export function addNetworkOptions(command: Command): Command {
  return command
    .addOption(SHARED_OPTIONS.variant("the network's variant, where a file of weights alone leaves it open"))
    .addOption(SHARED_OPTIONS.stem('how the network begins, where a file of weights alone leaves it open'))
    .addOption(SHARED_OPTIONS.shortcut());
}

/** Declares the options of a command that runs a saved model over pictures. */
export function addInferenceOptions(command: Command): Command {
  return addNetworkOptions(command.addOption(SHARED_OPTIONS.json()))
    .addOption(SHARED_OPTIONS.classIndex())
    .addOption(SHARED_OPTIONS.normalization('how bytes become inputs (default: what the model says)'))
    .addOption(SHARED_OPTIONS.mean())
    .addOption(SHARED_OPTIONS.standardDeviation())
    .addOption(SHARED_OPTIONS.imageSize('where the model leaves it open'))
    .addOption(SHARED_OPTIONS.resize())
    .addOption(SHARED_OPTIONS.aspect())
    .addOption(SHARED_OPTIONS.cropFraction())
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
