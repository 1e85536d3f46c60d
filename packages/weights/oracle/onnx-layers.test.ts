import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { createRandom, isZooError } from '@zoo/core';
import { beforeAll, describe, expect, it } from 'vitest';

import { isOracleAbsent, ORACLE_NOTE, runOracle } from '../../../test-support/oracle-python';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { exportOnnx } from '../src/index';
import { classFor, isUnknownToKeras, registerKerasLayers } from '../src/layers/keras-layers';
import { layerConstructor } from '../src/layers/stock-class';
import { EXPORTABLE_CLASSES } from '../src/onnx/convert-layer';
import { randomizeWeights } from '../test/support/small-models';

type Options = Readonly<Record<string, unknown>>;

/** What a class needs to exist, and the values that its options are given in turn. */
interface Family {
  readonly shape: readonly number[];
  readonly inputs?: number;
  readonly base?: Options;
  readonly varied?: Readonly<Record<string, readonly unknown[]>>;
  /** Options that go together. */
  readonly cases?: readonly Options[];
  /** Default: all. onnxruntime mirrors no single line of a size that it does not know. */
  readonly places?: readonly Place[];
}

/** One layer with its options. */
interface Subject {
  /** Its class, and after a space what its family is of. */
  readonly title: string;
  readonly className: string;
  readonly family: Family;
  readonly options: Options;
  /** Names of the options that are not the base's. */
  readonly changed: readonly string[];
}

interface Case {
  readonly inputs: readonly number[][];
  readonly inputShapes: readonly number[][];
  readonly output: readonly number[];
  readonly outputShape: readonly number[];
}

const [ROW, LINE, PICTURE, VOLUME] = [[6], [11, 4], [9, 8, 6], [5, 6, 4, 2]];
const LISTS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6];
const ORDERS = ['channelsLast', 'channelsFirst'];
const ACTIVATIONS =
  `linear relu relu6 elu celu selu sigmoid tanh softplus softsign exponential leakyRelu hardSigmoid zooHardSigmoid hardSilu
  softmax logSoftmax swish gelu gelu_new mish hardShrink hardTanh logSigmoid softShrink sparsePlus sparseSigmoid squareplus
  tanhShrink`.split(/\s+/);
const INTERPOLATIONS = ['nearest', 'bilinear', 'bicubic', 'lanczos3', 'lanczos5'];

const convolution = (shape: number[], kernelSizes: unknown[], steps: unknown[]): Family => ({
  shape,
  base: { filters: 4, kernelSize: 3 },
  varied: {
    kernelSize: kernelSizes,
    strides: steps,
    dilationRate: steps,
    padding: ['valid', 'same'],
    dataFormat: ORDERS,
    groups: [1, 2],
    useBias: [true, false],
    activation: ['relu', 'softmax', 'gelu'],
  },
});
const pooling = (shape: number[], sizes: unknown[]): Family => ({
  shape,
  varied: { poolSize: sizes, strides: sizes, padding: ['valid', 'same'], dataFormat: ORDERS },
});
const globalPooling = (shape: number[]): Family => ({
  shape,
  varied: { dataFormat: ORDERS, keepdims: [false, true] },
});
const transposed = (shape: number[], kernelSizes: unknown[], steps: unknown[]): Family => ({
  shape,
  base: { filters: 4, kernelSize: 3 },
  varied: {
    kernelSize: kernelSizes,
    strides: steps,
    dilationRate: [1, 2],
    outputPadding: [null, 0, 1],
    padding: ['valid', 'same'],
    dataFormat: ORDERS,
    useBias: [true, false],
    activation: ['relu', 'gelu'],
  },
});
const merge: Family = { shape: PICTURE, inputs: 2 };
const [X, Y] = [{ input: 0 }, { input: 1 }];
const operation = (name: string, operands: readonly unknown[], options: Options = {}): Options => ({
  operation: name,
  operands,
  options,
});
const from = (start: number | null, stop: number | null, step: number | null): Options => ({
  start,
  stop,
  step,
});
const OPERATION_CASES: readonly Options[] = [
  ...['add', 'subtract', 'multiply', 'divide', 'maximum', 'minimum'].flatMap((name) => [
    operation(name, [X, Y]),
    operation(name, [{ value: 2 }, X]),
    operation(name, [X, { value: LISTS }]),
  ]),
  operation('power', [X, { value: 2 }]),
  ...['negative', 'absolute', 'square', 'exp', 'relu', 'sigmoid', 'tanh', 'silu', 'identity'].map((name) =>
    operation(name, [X]),
  ),
  ...[1, 3, -2].map((axis) => operation('softmax', [X], { axis })),
  operation('clip', [X], { minimum: -0.2, maximum: 0.4 }),
  operation('clip', [X], { minimum: -0.2 }),
  ...['mean', 'sum', 'max', 'min'].flatMap((name) => [
    operation(name, [X], { axis: [1, 2] }),
    operation(name, [X], { axis: -1, keepdims: true }),
  ]),
  operation('concatenate', [X, Y], { axis: -1 }),
  operation('concatenate', [X, Y], { axis: 1 }),
  operation('stack', [X, Y], { axis: -1 }),
  operation('stack', [X, Y], { axis: 1 }),
  operation('reshape', [X], { shape: [-1, 12] }),
  operation('slice', [X], { slices: [from(null, null, null), from(1, -1, 2)] }),
  operation('slice', [X], { lastSlices: [from(null, null, -1)] }),
  operation('slice', [X], { lastSlices: [{ index: -1 }] }),
  operation('slice', [X], { slices: [from(null, null, null), { index: 2 }], lastSlices: [from(-2, 0, -1)] }),
];

const [PAIRS, TRIPLES] = [
  [1, 2, 3, [1, 2], [3, 2]],
  [1, 2, [1, 2, 2]],
];
const FAMILIES: Readonly<Record<string, Family>> = {
  Dropout: { shape: ROW, base: { rate: 0.4 } },
  SpatialDropout1D: { shape: LINE, base: { rate: 0.4 } },
  GaussianDropout: { shape: ROW, base: { rate: 0.4 } },
  GaussianNoise: { shape: ROW, base: { stddev: 0.4 } },
  AlphaDropout: { shape: ROW, base: { rate: 0.4 } },
  Conv1D: withCausal(convolution(LINE, [1, 2, 4], [1, 2, 3])),
  Conv2D: convolution(PICTURE, PAIRS, PAIRS),
  Conv3D: convolution(VOLUME, [1, 2], TRIPLES),
  DepthwiseConv2D: { ...convolution(PICTURE, PAIRS, PAIRS), base: { kernelSize: 3, depthMultiplier: 2 } },
  SeparableConv2D: convolution(PICTURE, PAIRS, PAIRS),
  Dense: { shape: LINE, base: { units: 4 }, varied: { useBias: [false], activation: ['relu', 'softmax'] } },
  BatchNormalization: {
    shape: PICTURE,
    varied: { axis: [-1, 1, 2, 3, -2], scale: [false], center: [false], epsilon: [0.1] },
  },
  Activation: { shape: PICTURE, base: { activation: 'relu' }, varied: { activation: ACTIVATIONS } },
  ReLU: {
    shape: PICTURE,
    varied: { maxValue: [0.4, 6], negativeSlope: [0, 0.2], threshold: [0, 0.3, -0.3] },
  },
  LeakyReLU: { shape: PICTURE, varied: { alpha: [0, 0.1] } },
  ThresholdedReLU: { shape: PICTURE, varied: { theta: [0.2, 1] } },
  ELU: { shape: PICTURE, varied: { alpha: [1, 0.4] } },
  PReLU: { shape: PICTURE, varied: { sharedAxes: [[1], [2], [3], [1, 2], [1, 2, 3]] } },
  Softmax: { shape: PICTURE, base: { axis: -1 }, varied: { axis: [1, 2, 3, -2, [1], [1, 2], [2, -1]] } },
  Conv2DTranspose: transposed(PICTURE, PAIRS, PAIRS),
  Conv3DTranspose: transposed(VOLUME, [1, 2], TRIPLES),
  LayerNormalization: {
    shape: PICTURE,
    varied: {
      axis: [-1, 1, 2, [1, 2], [2, 3], [1, 2, 3]],
      center: [true, false],
      scale: [true, false],
      epsilon: [0.1],
    },
  },
  StandardizedConv2D: {
    shape: PICTURE,
    base: { filters: 4, kernelSize: 3 },
    varied: {
      kernelSize: PAIRS,
      strides: PAIRS,
      dilationRate: PAIRS,
      padding: ['valid', 'same'],
      kernelEpsilon: [1e-8, 0.1],
      useBias: [true, false],
      activation: ['relu', 'gelu'],
    },
  },
  BlurPooling2D: { shape: PICTURE },
  'BlurPooling2D of one line': { shape: [1, 5, 4], places: ['first', 'second'] },
  'BlurPooling2D of one pixel': { shape: [1, 1, 4], places: ['first', 'second'] },
  GroupNormalization: {
    shape: PICTURE,
    base: { groups: 2 },
    varied: { groups: [1, 3, 6, -1], scale: [false], center: [false], epsilon: [0.1] },
  },
  EvoNorm: {
    shape: PICTURE,
    base: { groups: 2 },
    varied: { groups: [1, 3, 6], epsilon: [0.1], activates: [false] },
  },
  FilterResponseNorm: { shape: PICTURE, varied: { epsilon: [0.1], activates: [false] } },
  Normalization: {
    shape: PICTURE,
    varied: { axis: [-1, 1, null, [1, 3]], invert: [true, false] },
    cases: [
      { mean: 0.5, variance: 4, axis: null },
      { mean: LISTS, variance: LISTS, axis: -1 },
    ],
  },
  Operation: { ...merge, base: OPERATION_CASES[0]!, cases: OPERATION_CASES },
  Permute: {
    shape: PICTURE,
    base: { dims: [2, 1, 3] },
    varied: {
      dims: [
        [3, 1, 2],
        [1, 2, 3],
      ],
    },
  },
  RepeatVector: { shape: ROW, base: { n: 3 } },
  Cropping2D: {
    shape: PICTURE,
    varied: {
      cropping: [
        1,
        [1, 2],
        [
          [1, 2],
          [0, 3],
        ],
      ],
      dataFormat: ORDERS,
    },
  },
  CenterCrop: {
    shape: PICTURE,
    base: { height: 5, width: 4 },
    varied: { height: [4, 9, 12], width: [5, 8, 12], dataFormat: ORDERS },
  },
  Resizing: {
    shape: PICTURE,
    base: { height: 5, width: 12 },
    varied: {
      height: [4, 20],
      width: [3, 8],
      interpolation: INTERPOLATIONS,
      antialias: [true],
      cropToAspectRatio: [true],
      padToAspectRatio: [true],
      fillValue: [0.5],
      dataFormat: ORDERS,
    },
  },
  UpSampling2D: {
    shape: PICTURE,
    base: { size: [2, 3] },
    varied: {
      size: [
        [1, 2],
        [3, 3],
      ],
      interpolation: INTERPOLATIONS,
      dataFormat: ORDERS,
    },
  },
  Add: merge,
  Average: merge,
  Maximum: merge,
  Minimum: merge,
  Multiply: merge,
  Concatenate: { ...merge, varied: { axis: [-1, -2, 1, 2, 3] } },
  MaxPooling1D: pooling(LINE, [1, 2, 3, 4]),
  MaxPooling2D: pooling(PICTURE, PAIRS),
  MaxPooling3D: pooling(VOLUME, TRIPLES),
  AveragePooling1D: pooling(LINE, [1, 2, 3, 4]),
  AveragePooling2D: pooling(PICTURE, PAIRS),
  AveragePooling3D: pooling(VOLUME, TRIPLES),
  GlobalAveragePooling1D: globalPooling(LINE),
  GlobalAveragePooling2D: globalPooling(PICTURE),
  GlobalMaxPooling1D: globalPooling(LINE),
  GlobalMaxPooling2D: globalPooling(PICTURE),
  ZeroPadding2D: {
    shape: PICTURE,
    varied: {
      padding: [
        1,
        [1, 2],
        [
          [1, 2],
          [0, 3],
        ],
      ],
      dataFormat: ORDERS,
    },
  },
  Flatten: { shape: PICTURE, varied: { dataFormat: ORDERS } },
  Reshape: { shape: PICTURE, base: { targetShape: [72, 6] }, varied: { targetShape: [[-1], [3, 3, 48]] } },
  Rescaling: {
    shape: PICTURE,
    base: { scale: 0.5 },
    varied: { scale: [LISTS, [[LISTS]]], offset: [-0.3, LISTS] },
  },
};
/** Why a layer is refused that needs to know how large its input is. */
const OPEN_SIZE = 'has an input of open height or width';
/** How a layer meets its input: as the model's own, behind a convolution that leaves its channels second, with its sizes open. */
const PLACES = ['first', 'second', 'open'] as const;
type Place = (typeof PLACES)[number];
const DRAWN = 8;

const place = temporaryDirectory('suite');

describe.skipIf(isOracleAbsent)(`ONNX of every layer that is exported${ORACLE_NOTE}`, () => {
  const exported = new Map<string, Case>();
  const refused = new Map<string, string>();
  const faults: string[] = [];

  beforeAll(async () => {
    await tf.setBackend('cpu');
    registerKerasLayers();
    for (const subject of subjects()) {
      for (const where of subject.family.places ?? PLACES) await exportCase(subject, where);
    }
  });

  it('has cases of each', () => {
    const tried = new Set([...exported.keys()].map((name) => name.split(/[-_]/)[0]));
    expect(EXPORTABLE_CLASSES.filter((name) => !tried.has(name))).toEqual([]);
  });

  it("gives the model's values in onnxruntime", async () => {
    const job = { folder: place(), cases: Object.fromEntries(exported) };
    const script = fileURLToPath(new URL('onnx_layers.py', import.meta.url));
    const answer = await runOracle<Record<string, string>>(script, job, place('job.json'));
    expect(Object.entries(answer)).toEqual([]);
  });

  it('is refused by layer and option, and only where ONNX has no such thing', () => {
    expect(faults).toEqual([]);
    const expected = ["has padding 'same' of an open size with strides", OPEN_SIZE, 'has outputPadding'];
    const others = [...refused.values()].filter(
      (message) => !expected.some((part) => message.includes(part)),
    );
    expect(others).toEqual([]);
  });

  /** Exports a layer and keeps what the model itself computes; what TensorFlow.js can't build or run is no case. */
  async function exportCase(subject: Subject, where: Place): Promise<void> {
    const { title, options, changed } = subject;
    const chosen = changed.map((name) => `${name}=${JSON.stringify(options[name])}`).join('-');
    const name = `${title}-${where}-${chosen}`.replace(/[^\w.=-]/g, '_');
    const model = buildModel(subject, where);
    if (model === undefined) return;
    const computed = compute(model, subject);
    try {
      if (computed === undefined) return;
      await writeFile(place(`${name}.onnx`), await exportOnnx(model));
      exported.set(name, computed);
    } catch (error) {
      const layer = model.layers.at(-1)!.name;
      const isNamed = isZooError(error, 'unsupported') && error.message.includes(`('${layer}')`);
      const isTold =
        isNamed && [...changed, OPEN_SIZE].some((option) => (error as Error).message.includes(option));
      if (!isTold) faults.push(`${name}: ${String(error)}`);
      refused.set(name, String(error));
    } finally {
      model.dispose();
    }
  }
});

function withCausal(family: Family): Family {
  return { ...family, varied: { ...family.varied, padding: ['valid', 'same', 'causal'] } };
}

/** Each class as it is, with each option changed, and with several drawn at once by a fixed seed. */
function* subjects(): Generator<Subject> {
  for (const [title, family] of Object.entries(FAMILIES)) {
    const subject = { title, className: title.split(' ')[0]!, family };
    const { base = {}, varied = {}, cases = [] } = family;
    yield { ...subject, options: base, changed: [] };
    for (const options of cases)
      yield { ...subject, options: { ...base, ...options }, changed: Object.keys(options) };
    for (const [option, values] of Object.entries(varied)) {
      for (const value of values)
        yield { ...subject, options: { ...base, [option]: value }, changed: [option] };
    }
    const random = createRandom(1).fork(title);
    for (let i = 0; i < DRAWN && Object.keys(varied).length > 1; i++) {
      const drawn = Object.entries(varied)
        .filter(() => random.uniform() < 0.5)
        .map(([option, values]) => [option, values[random.integer(0, values.length - 1)]] as const);
      const options = { ...base, ...Object.fromEntries(drawn) };
      yield { ...subject, options, changed: drawn.map(([option]) => option) };
    }
  }
}

function buildModel({ className, family, options }: Subject, where: Place) {
  const { shape } = family;
  const isOpen = where === 'open';
  const channelAxis = options['dataFormat'] === 'channelsFirst' ? 0 : shape.length - 1;
  const given = shape.map((size, axis) => (isOpen && axis !== channelAxis ? null : size));
  try {
    const inputs = Array.from({ length: family.inputs ?? 1 }, () => tfl.input({ shape: given }));
    const values = where === 'second' ? inputs.map((input) => channelsSecond(input)) : inputs;
    const own = `Zoo${className}`;
    const isOurs = ['Operation', 'Normalization'].includes(className) || isUnknownToKeras(own);
    const name = isOurs ? own : classFor(className, options);
    const [cls] = layerConstructor(name)!;
    const layer = new (cls as unknown as new (config: Options) => tfl.layers.Layer)(options);
    const outputs = layer.apply(values.length === 1 ? values[0]! : values) as tfl.SymbolicTensor;
    return randomizeWeights(tfl.model({ inputs, outputs }));
  } catch {
    return undefined;
  }
}

function channelsSecond(input: tfl.SymbolicTensor): tfl.SymbolicTensor {
  const filters = input.shape.at(-1)!;
  const layers = {
    2: () => tfl.layers.dense({ units: filters }),
    3: () => tfl.layers.conv1d({ filters, kernelSize: 1 }),
    4: () => tfl.layers.conv2d({ filters, kernelSize: 1 }),
    5: () => tfl.layers.conv3d({ filters, kernelSize: 1 }),
  };
  return layers[input.rank as keyof typeof layers]().apply(input) as tfl.SymbolicTensor;
}

function compute(model: tfl.LayersModel, { family }: Subject): Case | undefined {
  const random = createRandom(2);
  const shape = [2, ...family.shape];
  const inputs = model.inputs.map(() =>
    Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.uniformBetween(-1, 1)),
  );
  try {
    const computed = tf.tidy(() => {
      const tensors = inputs.map((values) => tf.tensor(values, shape));
      const output = model.predict(tensors.length === 1 ? tensors[0]! : tensors) as tf.Tensor;
      const rounded = tensors.map((tensor) => [...tensor.dataSync()]);
      const inputShapes = inputs.map(() => shape);
      return { inputs: rounded, inputShapes, output: [...output.dataSync()], outputShape: output.shape };
    });
    // A window larger than its input leaves nothing.
    return computed.output.length === 0 ? undefined : computed;
  } catch {
    return undefined;
  }
}
