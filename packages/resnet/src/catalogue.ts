import type { PixelNormalizationMode } from '@zoo/core';

import type { VariantName } from './builder/variants';

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
  /** The file's hash, or its beginning where no more is published: torchvision names files by eight digits of SHA-256. */
  readonly hash: { readonly algorithm: 'md5' | 'sha256'; readonly digest: string };
  /** How layers are called in the file, and so how it is read. */
  readonly layout: 'keras' | 'chollet' | 'qubvel' | 'torch';
  /** What pixels the weights read; `pretrained` writes it into the model's metadata. */
  readonly normalization: PixelNormalizationMode;
  readonly imageSize: number;
  /** Size of the file where its publisher tells it, in millions of bytes (2^20). */
  readonly sizeMebibytes?: number;
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

type TorchRow = readonly [
  architecture: string,
  tag: string,
  digits: string,
  top1: number,
  top5: number,
  size: number,
];

// torchvision/models/resnet.py.
const TORCH_ROWS: readonly TorchRow[] = [
  ['resnet18', 'tv_in1k', 'f37072fd', 69.758, 89.078, 44.66],
  ['resnet34', 'tv_in1k', 'b627a593', 73.314, 91.42, 83.28],
  ['resnet50', 'tv_in1k', '0676ba61', 76.13, 92.862, 97.78],
  ['resnet50', 'tv2_in1k', '11ad3fa6', 80.858, 95.434, 97.79],
  ['resnet101', 'tv_in1k', '63fe2227', 77.374, 93.546, 170.51],
  ['resnet101', 'tv2_in1k', 'cd907fc2', 81.886, 95.78, 170.53],
  ['resnet152', 'tv_in1k', '394f9c45', 78.312, 94.046, 230.43],
  ['resnet152', 'tv2_in1k', 'f82ba261', 82.284, 96.002, 230.47],
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
    ...TORCH_ROWS.map(([architecture, tag, digest, top1, top5, sizeMebibytes]): PretrainedEntry => {
      const fileName = `${architecture}-${digest}.pth`;
      return {
        name: `${architecture}.${tag}`,
        architecture,
        variant: 'torchvision',
        includeTop: true,
        url: `https://download.pytorch.org/models/${fileName}`,
        fileName,
        hash: { algorithm: 'sha256', digest },
        layout: 'torch',
        normalization: 'torch',
        imageSize: 224,
        sizeMebibytes,
        accuracy: { top1, top5 },
        licence: 'BSD-3-Clause',
      };
    }),
  ];
}

/** What our layer is called that a file of `layout` calls `name`; Keras' own names are ours. */
export function layerNameOf(layout: PretrainedEntry['layout'], name: string): string {
  if (layout === 'chollet') return cholletName(name);
  return layout === 'qubvel' ? qubvelName(name) : name;
}

/** `res2a_branch2b` is `conv2_block1_2_conv`, `bn2a_branch1` is `conv2_block1_0_bn`. */
function cholletName(name: string): string {
  if (name === 'conv1') return 'conv1_conv';
  if (name === 'bn_conv1') return 'conv1_bn';
  if (name === 'fc1000') return 'predictions';
  const match = /^(res|bn)(\d)([a-z])_branch(1|2a|2b|2c)$/.exec(name);
  if (match === null) return name;
  const [, kind, stage, letter, branch] = match as unknown as [string, string, string, string, string];
  const block = letter.charCodeAt(0) - 'a'.charCodeAt(0) + 1;
  const part = ['1', '2a', '2b', '2c'].indexOf(branch);
  return `conv${stage}_block${block}_${part}_${kind === 'res' ? 'conv' : 'bn'}`;
}

/** `stage1_unit2_bn1` is `conv2_block2_preact_bn`, `stage1_unit1_sc` is `conv2_block1_0_conv`. */
function qubvelName(name: string): string {
  const fixed: Readonly<Record<string, string>> = {
    bn_data: 'data_bn',
    conv0: 'conv1_conv',
    bn0: 'conv1_bn',
    bn1: 'post_bn',
    fc1: 'predictions',
  };
  const match = /^stage(\d)_unit(\d+)_(conv1|conv2|bn1|bn2|sc)$/.exec(name);
  if (match === null) return fixed[name] ?? name;
  const [, stage, unit, part] = match as unknown as [string, string, string, string];
  const parts: Readonly<Record<string, string>> = {
    bn1: 'preact_bn',
    conv1: '1_conv',
    bn2: '1_bn',
    conv2: '2_conv',
    sc: '0_conv',
  };
  return `conv${Number(stage) + 1}_block${unit}_${parts[part]!}`;
}
