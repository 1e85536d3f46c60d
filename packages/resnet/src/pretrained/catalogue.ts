import { ArgumentError, nearestName, type PixelNormalizationMode } from '@zoo/core';

import type { VariantName } from '../builder/variants';

/** One published file of weights, and all that is needed to use it rightly. */
export interface PretrainedEntry {
  /** `architecture.tag`: `resnet50.keras_in1k`. */
  readonly name: string;
  /** A name for `createResnet`. */
  readonly architecture: string;
  readonly variant: VariantName;
  /** False for a file without a classifier. */
  readonly includeTop: boolean;
  readonly url: string;
  /** What the file is called in a cache. */
  readonly fileName: string;
  /** The file's hash, or its beginning where no more is published: torchvision and timm name files by eight digits of SHA-256. */
  readonly hash: { readonly algorithm: 'md5' | 'sha256'; readonly digest: string };
  /** How layers are called in the file, and so how it is read. */
  readonly layout: 'keras' | 'chollet' | 'qubvel' | 'torch';
  /** What pixels the weights read; `pretrained` writes it into the model's metadata. */
  readonly normalization: PixelNormalizationMode;
  readonly imageSize: number;
  /** Size of the file, where it is known. */
  readonly sizeBytes?: number;
  /** Share of ImageNet's validation pictures named rightly at first and within five guesses, in percent, as published. */
  readonly accuracy?: { readonly top1: number; readonly top5: number };
  readonly licence: string;
}

type KerasRow = readonly [
  architecture: string,
  md5: string,
  md5WithoutTop: string,
  top1: number,
  top5: number,
];

const KERAS_URL = 'https://storage.googleapis.com/tensorflow/keras-applications/resnet/';

// Hashes: keras/src/applications/resnet.py; accuracies: keras-applications' README.
const KERAS_ROWS: readonly KerasRow[] = [
  ['resnet50', '2cb95161c43110f7111970584f804107', '4d473c1dd8becc155b73f8504c6f6626', 74.928, 92.06],
  ['resnet101', 'f1aeb4b969a6efcfb50fad2f0c20cfc5', '88cf7a10940856eca736dc7b7e228a21', 76.42, 92.786],
  ['resnet152', '100835be76be38e30d865e96f2aaae62', 'ee4c566cf9a93f14d82f913c2dc6dd0c', 76.604, 93.118],
  ['resnet50v2', '3ef43a0b657b3be2300d5770ece849e0', 'fac2f116257151a9d068a22e544a4917', 75.96, 93.034],
  ['resnet101v2', '6343647c601c52e1368623803854d971', 'c0ed64b8031c3730f411d2eb4eea35b5', 77.234, 93.816],
  ['resnet152v2', 'a49b44d1979771252814e80f8ec446f9', 'ed17cf2e0169df9d443503ef94b23b33', 78.032, 94.162],
];

const CHOLLET_URL = 'https://github.com/fchollet/deep-learning-models/releases/download/v0.2/';

// The same file name as Keras' own, other layer names and another epsilon: keras-applications#74.
const CHOLLET_ROW: KerasRow = [
  'resnet50',
  'a7b3fe01876f51b976af0dea6bc144eb',
  'a268eb855778b3df3c7506639542a6af',
  74.928,
  92.06,
];

const QUBVEL_URL = 'https://github.com/qubvel/classification_models/releases/download/0.0.1/';

const QUBVEL_ROWS: readonly KerasRow[] = [
  ['resnet18', '64da73012bb70e16c901316c201d9803', '318e3ac0cd98d51e917526c9f62f0b50', 68.24, 88.49],
  ['resnet34', '2ac8277412f65e5d047f255bcbd10383', '8caaa0ad39d927cb8ba5385bf945d582', 72.17, 90.74],
];

/** A file's name ends in the first eight digits of its SHA-256. */
type TorchRow = readonly [name: string, architecture: string, file: string, top1: number, top5: number];

const TORCHVISION_URL = 'https://download.pytorch.org/models/';

// torchvision/models/resnet.py. Of the wide nets, the first weights are stored in half precision.
const TORCHVISION_ROWS: readonly TorchRow[] = [
  ['resnet18.tv_in1k', 'resnet18', 'resnet18-f37072fd', 69.758, 89.078],
  ['resnet34.tv_in1k', 'resnet34', 'resnet34-b627a593', 73.314, 91.42],
  ['resnet50.tv_in1k', 'resnet50', 'resnet50-0676ba61', 76.13, 92.862],
  ['resnet50.tv2_in1k', 'resnet50', 'resnet50-11ad3fa6', 80.858, 95.434],
  ['resnet101.tv_in1k', 'resnet101', 'resnet101-63fe2227', 77.374, 93.546],
  ['resnet101.tv2_in1k', 'resnet101', 'resnet101-cd907fc2', 81.886, 95.78],
  ['resnet152.tv_in1k', 'resnet152', 'resnet152-394f9c45', 78.312, 94.046],
  ['resnet152.tv2_in1k', 'resnet152', 'resnet152-f82ba261', 82.284, 96.002],
  ['wide_resnet50_2.tv_in1k', 'wide_resnet50_2', 'wide_resnet50_2-95faca4d', 78.468, 94.086],
  ['wide_resnet50_2.tv2_in1k', 'wide_resnet50_2', 'wide_resnet50_2-9ba9bcbe', 81.602, 95.758],
  ['wide_resnet101_2.tv_in1k', 'wide_resnet101_2', 'wide_resnet101_2-32ee1156', 78.848, 94.284],
  ['wide_resnet101_2.tv2_in1k', 'wide_resnet101_2', 'wide_resnet101_2-d733dc28', 82.51, 96.02],
];

const TIMM_URL = 'https://github.com/huggingface/pytorch-image-models/releases/download/';

// timm/models/resnet.py; accuracies at 224 pixels (101d and 152d: 256): results/results-imagenet.csv. Its safetensors at Hugging Face
// name no hash; these files, of the same weights, do (timm's clean_checkpoint.py).
const TIMM_ROWS: readonly TorchRow[] = [
  ['resnet18.a1_in1k', 'resnet18', 'v0.1-rsb-weights/resnet18_a1_0-d63eafa0', 71.504, 90.086],
  ['resnet34.a1_in1k', 'resnet34', 'v0.1-rsb-weights/resnet34_a1_0-46f8f793', 76.42, 92.896],
  ['resnet50.a1_in1k', 'resnet50', 'v0.1-rsb-weights/resnet50_a1_0-14fe96d1', 80.382, 94.598],
  ['resnet101.a1_in1k', 'resnet101', 'v0.1-rsb-weights/resnet101_a1_0-cdcb52a9', 81.494, 95.164],
  ['resnet101.a1h_in1k', 'resnet101', 'v0.1-rsb-weights/resnet101_a1h-36d3f2aa', 81.95, 95.76],
  ['resnet152.a1_in1k', 'resnet152', 'v0.1-rsb-weights/resnet152_a1_0-2eee8a7a', 81.998, 95.294],
  ['resnet152.a1h_in1k', 'resnet152', 'v0.1-rsb-weights/resnet152_a1h-dc400468', 82.818, 96.124],
  ['resnet18d.ra2_in1k', 'resnet18', 'v0.1-weights/resnet18d_ra2-48a79e06', 72.296, 90.682],
  ['resnet34d.ra2_in1k', 'resnet34', 'v0.1-weights/resnet34d_ra2-f8dcfcaf', 77.108, 93.372],
  ['resnet50d.ra2_in1k', 'resnet50', 'v0.1-weights/resnet50d_ra2-464e36ba', 80.546, 95.16],
  ['resnet50d.a1_in1k', 'resnet50', 'v0.1-rsb-weights/resnet50d_a1_0-e20cff14', 80.73, 94.678],
  ['resnet101d.ra2_in1k', 'resnet101', 'v0.1-weights/resnet101d_ra2-2803ffab', 82.254, 96.07],
  ['resnet152d.ra2_in1k', 'resnet152', 'v0.1-weights/resnet152d_ra2-5cac0439', 83.16, 96.37],
  [
    'wide_resnet50_2.racm_in1k',
    'wide_resnet50_2',
    'v0.1-weights/wide_resnet50_racm-8234f177',
    81.466,
    95.544,
  ],
  ['seresnet50.a1_in1k', 'se_resnet50', 'v0.1-rsb-weights/seresnet50_a1_0-ffa00869', 80.012, 94.704],
  ['seresnet50.ra2_in1k', 'se_resnet50', 'v0.1-weights/seresnet50_ra_224-8efdb4bb', 80.26, 95.068],
];

function kerasPair(
  row: KerasRow,
  tag: string,
  describe: (includeTop: boolean) => Partial<PretrainedEntry>,
): PretrainedEntry[] {
  const [architecture, md5, md5WithoutTop, top1, top5] = row;
  return [true, false].map((includeTop) => {
    const fileName = `${architecture}_weights_tf_dim_ordering_tf_kernels${includeTop ? '' : '_notop'}.h5`;
    return {
      name: `${architecture}.${tag}${includeTop ? '' : '_notop'}`,
      architecture,
      variant: 'keras',
      includeTop,
      url: KERAS_URL + fileName,
      fileName,
      hash: { algorithm: 'md5', digest: includeTop ? md5 : md5WithoutTop },
      layout: 'keras',
      normalization: architecture.endsWith('v2') ? 'tf' : 'caffe',
      imageSize: 224,
      ...(includeTop ? { accuracy: { top1, top5 } } : {}),
      licence: 'MIT',
      ...describe(includeTop),
    };
  });
}

/** All published weights that {@link pretrained} knows. */
export function pretrainedEntries(): readonly PretrainedEntry[] {
  const suffix = (includeTop: boolean): string => (includeTop ? '' : '_notop');
  return [
    ...KERAS_ROWS.flatMap((row) => kerasPair(row, 'keras_in1k', () => ({}))),
    ...kerasPair(CHOLLET_ROW, 'chollet_in1k', (includeTop) => ({
      url: `${CHOLLET_URL}resnet50_weights_tf_dim_ordering_tf_kernels${suffix(includeTop)}.h5`,
      // The course's flavour is this file's: epsilon 1e-3 and a pool without padding.
      variant: 'deeplearningAi',
      layout: 'chollet',
    })),
    ...QUBVEL_ROWS.flatMap((row) =>
      kerasPair(row, 'qubvel_in1k', (includeTop) => {
        const fileName = `${row[0]}_imagenet_1000${includeTop ? '' : '_no_top'}.h5`;
        const architecture = `preactivation_${row[0]}`;
        const name = `${architecture}.qubvel_in1k${suffix(includeTop)}`;
        return {
          name,
          architecture,
          url: QUBVEL_URL + fileName,
          fileName,
          layout: 'qubvel',
          normalization: 'raw',
        };
      }),
    ),
    ...TORCHVISION_ROWS.map((row) => torchEntry(row, TORCHVISION_URL, 'BSD-3-Clause')),
    ...TIMM_ROWS.map((row) => torchEntry(row, TIMM_URL, 'Apache-2.0')),
  ];
}

/** The catalogue's entry of this name; `resnet50` alone is its first. Throws ArgumentError that suggests the nearest. */
export function pretrainedEntry(name: string): PretrainedEntry {
  const entries = pretrainedEntries();
  const found =
    entries.find((entry) => entry.name === name) ??
    entries.find((entry) => entry.name.split('.')[0] === name);
  if (found !== undefined) return found;
  const names = entries.map((entry) => entry.name);
  const nearest = nearestName(name, names);
  const advice = nearest === undefined ? `Known: ${names.join(', ')}.` : `Did you mean '${nearest}'?`;
  throw new ArgumentError('weights', 'the name of published weights', name, advice);
}

function torchEntry(
  [name, architecture, file, top1, top5]: TorchRow,
  address: string,
  licence: string,
): PretrainedEntry {
  const fileName = `${file.split('/').pop()!}.pth`;
  return {
    name,
    architecture,
    variant: /^resnet\d+d\./.test(name) ? 'resnetD' : 'torchvision',
    includeTop: true,
    url: `${address}${file}.pth`,
    fileName,
    hash: { algorithm: 'sha256', digest: file.slice(-8) },
    layout: 'torch',
    normalization: 'torch',
    imageSize: /^resnet1\d\dd\./.test(name) ? 256 : 224,
    accuracy: { top1, top5 },
    licence,
  };
}
