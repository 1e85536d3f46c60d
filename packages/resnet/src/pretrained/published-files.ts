/** Two files, with a classifier and without; sizes in bytes, undefined where nobody tells. */
export type KerasRow = readonly [
  architecture: string,
  md5: readonly [top: string, withoutTop: string],
  top1: number,
  top5: number,
  sizeBytes?: readonly [top: number | undefined, withoutTop: number],
];

export const KERAS_URL = 'https://storage.googleapis.com/tensorflow/keras-applications/resnet/';

// Hashes: keras/src/applications/resnet.py; accuracies: keras-applications' README; sizes: Keras' own progress bars in public logs.
export const KERAS_ROWS: readonly KerasRow[] = [
  [
    'resnet50',
    ['2cb95161c43110f7111970584f804107', '4d473c1dd8becc155b73f8504c6f6626'],
    74.928,
    92.06,
    [102_967_424, 94_765_736],
  ],
  [
    'resnet101',
    ['f1aeb4b969a6efcfb50fad2f0c20cfc5', '88cf7a10940856eca736dc7b7e228a21'],
    76.42,
    92.786,
    [179_648_224, 171_446_536],
  ],
  [
    'resnet152',
    ['100835be76be38e30d865e96f2aaae62', 'ee4c566cf9a93f14d82f913c2dc6dd0c'],
    76.604,
    93.118,
    [undefined, 234_698_864],
  ],
  [
    'resnet50v2',
    ['3ef43a0b657b3be2300d5770ece849e0', 'fac2f116257151a9d068a22e544a4917'],
    75.96,
    93.034,
    [undefined, 94_668_760],
  ],
  [
    'resnet101v2',
    ['6343647c601c52e1368623803854d971', 'c0ed64b8031c3730f411d2eb4eea35b5'],
    77.234,
    93.816,
    [undefined, 171_317_808],
  ],
  [
    'resnet152v2',
    ['a49b44d1979771252814e80f8ec446f9', 'ed17cf2e0169df9d443503ef94b23b33'],
    78.032,
    94.162,
    [undefined, 234_545_216],
  ],
];

export const CHOLLET_URL = 'https://github.com/fchollet/deep-learning-models/releases/download/v0.2/';

// The same file name as Keras' own, other layer names and another epsilon: keras-applications#74.
export const CHOLLET_ROW: KerasRow = [
  'resnet50',
  ['a7b3fe01876f51b976af0dea6bc144eb', 'a268eb855778b3df3c7506639542a6af'],
  74.928,
  92.06,
  [102_853_048, 94_653_016],
];

export const QUBVEL_URL = 'https://github.com/qubvel/classification_models/releases/download/0.0.1/';

export const QUBVEL_ROWS: readonly KerasRow[] = [
  ['resnet18', ['64da73012bb70e16c901316c201d9803', '318e3ac0cd98d51e917526c9f62f0b50'], 68.24, 88.49],
  ['resnet34', ['2ac8277412f65e5d047f255bcbd10383', '8caaa0ad39d927cb8ba5385bf945d582'], 72.17, 90.74],
];

/**
 * A file is called `<file>-<the first eight digits of its SHA-256>.pth`, so that its publisher vouches for those; the rest, where
 * they are given, are what public repositories found.
 */
export type TorchRow = readonly [
  name: string,
  architecture: string,
  file: string,
  sha256: string,
  top1: number,
  top5: number,
  sizeBytes?: number,
];

export const TORCHVISION_URL = 'https://download.pytorch.org/models/';

// torchvision/models/resnet.py. Of the wide networks, the first weights are stored in half precision.
export const TORCHVISION_ROWS: readonly TorchRow[] = [
  [
    'resnet18.tv_in1k',
    'resnet18',
    'resnet18',
    'f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec',
    69.758,
    89.078,
    46_830_571,
  ],
  [
    'resnet34.tv_in1k',
    'resnet34',
    'resnet34',
    'b627a593bcbe140c234610266fe4f8ae95ea42fc881d091c9b6052e6b1d0590f',
    73.314,
    91.42,
    87_319_819,
  ],
  [
    'resnet50.tv_in1k',
    'resnet50',
    'resnet50',
    '0676ba61b6795bbe1773cffd859882e5e297624d384b6993f7c9e683e722fb8a',
    76.13,
    92.862,
    102_530_333,
  ],
  [
    'resnet50.tv2_in1k',
    'resnet50',
    'resnet50',
    '11ad3fa62ca79e40addfd354a8ec4b7c75143b3038b8d2a807fbc68deab379ca',
    80.858,
    95.434,
    102_540_417,
  ],
  [
    'resnet101.tv_in1k',
    'resnet101',
    'resnet101',
    '63fe2227b86e8f1f2063f43a75c84d195911b6a0eace650907dd3dc62dd49a0a',
    77.374,
    93.546,
  ],
  [
    'resnet101.tv2_in1k',
    'resnet101',
    'resnet101',
    'cd907fc2a0de2292b2ba2b27d2216bc672d84632d1cf20058d01c0c03b5e020e',
    81.886,
    95.78,
  ],
  [
    'resnet152.tv_in1k',
    'resnet152',
    'resnet152',
    '394f9c45966e3651a89bbb78a48410a6755854ce4a5ab64927cf1c7247f85e58',
    78.312,
    94.046,
  ],
  ['resnet152.tv2_in1k', 'resnet152', 'resnet152', 'f82ba261', 82.284, 96.002],
  [
    'wide_resnet50_2.tv_in1k',
    'wide_resnet50_2',
    'wide_resnet50_2',
    '95faca4d11227dddf8633dbb5ff6c8a9003c1aa5b8945c73834b8007b10950b8',
    78.468,
    94.086,
    138_223_492,
  ],
  ['wide_resnet50_2.tv2_in1k', 'wide_resnet50_2', 'wide_resnet50_2', '9ba9bcbe', 81.602, 95.758],
  [
    'wide_resnet101_2.tv_in1k',
    'wide_resnet101_2',
    'wide_resnet101_2',
    '32ee11565f95f2f07223b243ada444a6457c4b90a88e6e293922813faf6dfd06',
    78.848,
    94.284,
    254_695_146,
  ],
  ['resnext50_32x4d.tv_in1k', 'resnext50_32x4d', 'resnext50_32x4d', '7cdf4587', 77.618, 93.698],
  ['resnext50_32x4d.tv2_in1k', 'resnext50_32x4d', 'resnext50_32x4d', '1a0047aa', 81.198, 95.34],
  ['wide_resnet101_2.tv2_in1k', 'wide_resnet101_2', 'wide_resnet101_2', 'd733dc28', 82.51, 96.02],
];

export const TIMM_URL = 'https://github.com/huggingface/pytorch-image-models/releases/download/';

// timm/models/resnet.py; accuracies at 224 pixels (101d and 152d: 256): results/results-imagenet.csv.
export const TIMM_ROWS: readonly TorchRow[] = [
  [
    'resnet34.a1_in1k',
    'resnet34',
    'v0.1-rsb-weights/resnet34_a1_0',
    '46f8f7930534e471b9a139b278896db5d11d17b8ea3fcc90ad43deed9e5e27d7',
    76.42,
    92.896,
  ],
  [
    'resnet101.a1_in1k',
    'resnet101',
    'v0.1-rsb-weights/resnet101_a1_0',
    'cdcb52a9df09a641606696e5520e4fbbe8256ee4983d8b4dd1a1ef87a9b8846f',
    81.494,
    95.164,
  ],
  ['resnet101.a1h_in1k', 'resnet101', 'v0.1-rsb-weights/resnet101_a1h', '36d3f2aa', 81.95, 95.76],
  ['resnet152.a1_in1k', 'resnet152', 'v0.1-rsb-weights/resnet152_a1_0', '2eee8a7a', 81.998, 95.294],
  ['resnet152.a1h_in1k', 'resnet152', 'v0.1-rsb-weights/resnet152_a1h', 'dc400468', 82.818, 96.124],
  ['resnet18d.ra2_in1k', 'resnet18', 'v0.1-weights/resnet18d_ra2', '48a79e06', 72.296, 90.682],
  ['resnet34d.ra2_in1k', 'resnet34', 'v0.1-weights/resnet34d_ra2', 'f8dcfcaf', 77.108, 93.372],
  ['resnet50d.ra2_in1k', 'resnet50', 'v0.1-weights/resnet50d_ra2', '464e36ba', 80.546, 95.16],
  ['resnet50d.a1_in1k', 'resnet50', 'v0.1-rsb-weights/resnet50d_a1_0', 'e20cff14', 80.73, 94.678],
  ['resnet101d.ra2_in1k', 'resnet101', 'v0.1-weights/resnet101d_ra2', '2803ffab', 82.254, 96.07],
  ['resnet152d.ra2_in1k', 'resnet152', 'v0.1-weights/resnet152d_ra2', '5cac0439', 83.16, 96.37],
  ['seresnet50.a1_in1k', 'se_resnet50', 'v0.1-rsb-weights/seresnet50_a1_0', 'ffa00869', 80.012, 94.704],
  ['seresnet50.ra2_in1k', 'se_resnet50', 'v0.1-weights/seresnet50_ra_224', '8efdb4bb', 80.26, 95.068],
];

export const HUGGING_FACE_URL = 'https://huggingface.co/timm/';

// timm's safetensors, which pages of other sites may read; those whose LFS hashes several public repositories name.
export const HUGGING_FACE_ROWS: readonly TorchRow[] = [
  [
    'resnet18.a1_in1k',
    'resnet18',
    'resnet18.a1_in1k/resolve/main/model.safetensors',
    '80c49dee3da4822c009c5a7fe591e9223c5a2cfcf95a4067ca4dfb5a7b89c612',
    71.504,
    90.086,
    46_807_446,
  ],
  [
    'resnet50.a1_in1k',
    'resnet50',
    'resnet50.a1_in1k/resolve/main/model.safetensors',
    '773525d5821de224f8f30c33377b7a795d7863e08522698200d3217d3f2a41bb',
    80.382,
    94.598,
    102_469_840,
  ],
  [
    'wide_resnet50_2.racm_in1k',
    'wide_resnet50_2',
    'wide_resnet50_2.racm_in1k/resolve/main/model.safetensors',
    '03b71d65fb2c73bb0de079a1781009f27a782ec481d2f64ab3bde9b1cdec3000',
    81.466,
    95.544,
    275_835_296,
  ],
];
