import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {
  batchNormalization,
  blurPooling,
  createRandom,
  evoNorm,
  filterResponseNorm,
  groupNormalization,
  standardizedConvolution,
} from '@zoo/core';
import { beforeAll, describe, expect, it } from 'vitest';

import { isOracleAbsent, ORACLE_NOTE, runOracle } from '../../../test-support/oracle-python';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { exportOnnx, registerKerasLayers } from '../src';
import { layerConstructor } from '../src/layers/stock-class';
import { nestedModel, randomizeWeights, smallResidualNet } from '../test/support/small-models';

type Value = tfl.SymbolicTensor;

const place = temporaryDirectory('suite');
const script = fileURLToPath(new URL('quantized_onnx.py', import.meta.url));

interface Facts {
  readonly fault?: string;
  readonly error: number;
  readonly steps: number;
  readonly largest: number;
  readonly kernels: number;
  readonly finite: boolean;
  readonly operators: Readonly<Record<string, number>>;
}

/** What onnxruntime computes in floating point that the quantized file should have spared it. */
const FLOAT_OPERATORS = ['Conv', 'FusedConv', 'Gemm', 'MatMul', 'Relu', 'Clip', 'Pad', 'Add', 'Mul'];

/** Where that is all that can be done, and why. */
const STAYS_FLOAT: Readonly<Record<string, readonly string[]>> = {
  // What is between the two convolutions, or before an activation of a convolution's own that is no ReLU, is no layer's output.
  separable: ['Conv'],
  nested: ['Conv'],
  'squeeze and excitation': ['FusedConv'],
  'other activations': ['Conv'],
  // Zeros beside numbers below zero are no margins of a maximum.
  'padded below zero': ['Pad'],
  // onnxruntime mirrors edges in float32.
  blurred: ['Pad'],
  // A batch norm without a convolution before it: a product and a sum, whose numbers differ too much between channels for one scale.
  'pre-activation': ['Add', 'Mul'],
  // Statistics of the pixels themselves are computed in float32, and so is what multiplies them.
  'group norm': ['Add', 'Mul'],
  'filter response norm': ['Add', 'Mul'],
  evonorm: ['Add', 'Mul'],
  // A bias over more axes than Gemm has.
  'dense over rows': ['Add'],
};

const conv = (filters: number, options: object = {}): tfl.layers.Layer =>
  tfl.layers.conv2d({ filters, kernelSize: 3, padding: 'same', useBias: true, ...options });
const grouped = (filters: number, groups: number): tfl.layers.Layer =>
  new (layerConstructor('ZooConv2D')![0] as unknown as new (options: object) => tfl.layers.Layer)({
    filters,
    kernelSize: 3,
    padding: 'same',
    groups,
  });
const relu = (options: object = {}) => tfl.layers.reLU(options);
const chain = (input: Value, ...layers: readonly tfl.layers.Layer[]): Value =>
  layers.reduce((value, layer) => layer.apply(value) as Value, input);

/** Networks in miniature: what is behind an input [8, 8, 4]. */
const NETWORKS: Readonly<Record<string, (input: Value) => Value>> = {
  depthwise: (x) =>
    chain(
      x,
      tfl.layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2 }),
      relu({ maxValue: 6 }),
      conv(5),
    ),
  grouped: (x) => chain(x, grouped(8, 2), relu(), grouped(8, 4)),
  separable: (x) => chain(x, tfl.layers.separableConv2d({ filters: 5, kernelSize: 3 }), relu(), conv(3)),
  dense: (x) =>
    chain(
      x,
      tfl.layers.flatten(),
      tfl.layers.dense({ units: 12, activation: 'relu' }),
      tfl.layers.dense({ units: 7 }),
    ),
  'dense over rows': (x) => chain(x, tfl.layers.dense({ units: 6, activation: 'relu' }), conv(3)),
  'dense without bias': (x) => chain(x, tfl.layers.flatten(), tfl.layers.dense({ units: 6, useBias: false })),
  transposed: (x) => chain(x, conv(4), tfl.layers.conv2dTranspose({ filters: 3, kernelSize: 2, strides: 2 })),
  padded: (x) =>
    chain(
      x,
      tfl.layers.zeroPadding2d({ padding: 3 }),
      conv(4, { padding: 'valid' }),
      relu(),
      tfl.layers.zeroPadding2d({ padding: 1 }),
      tfl.layers.maxPooling2d({ poolSize: 3, strides: 2 }),
      conv(3),
    ),
  'padded below zero': (x) =>
    chain(
      x,
      conv(4),
      tfl.layers.zeroPadding2d({ padding: 1 }),
      tfl.layers.maxPooling2d({ poolSize: 3, strides: 2 }),
      conv(3),
    ),
  pools: (x) =>
    chain(
      x,
      conv(4, { activation: 'relu' }),
      tfl.layers.averagePooling2d({ poolSize: 2 }),
      conv(4),
      tfl.layers.globalAveragePooling2d({}),
      tfl.layers.dense({ units: 3, activation: 'softmax' }),
    ),
  'squeeze and excitation': (x) => {
    const value = chain(x, conv(8), batchNormalization({}), relu());
    const gate = chain(
      value,
      tfl.layers.globalAveragePooling2d({}),
      tfl.layers.reshape({ targetShape: [1, 1, 8] }),
      conv(2, { kernelSize: 1, activation: 'relu' }),
      conv(8, { kernelSize: 1, activation: 'sigmoid' }),
    );
    return chain(tfl.layers.multiply().apply([value, gate]) as Value, conv(3));
  },
  'pre-activation': (x) => {
    const value = conv(6).apply(x) as Value;
    const branch = chain(
      value,
      batchNormalization({}),
      relu(),
      conv(6),
      batchNormalization({}),
      relu(),
      conv(6),
    );
    return chain(tfl.layers.add().apply([value, branch]) as Value, batchNormalization({}), relu(), conv(3));
  },
  'a sum of three': (x) => {
    const parts = [conv(4), conv(4), conv(4)].map((layer) => layer.apply(x) as Value);
    return chain(tfl.layers.add().apply(parts) as Value, relu(), conv(3));
  },
  concatenated: (x) => {
    const parts = [conv(3), conv(5)].map((layer) => chain(x, layer, relu()));
    return chain(tfl.layers.concatenate().apply(parts) as Value, conv(3));
  },
  'other activations': (x) =>
    chain(
      x,
      conv(4, { activation: 'swish' }),
      conv(4),
      tfl.layers.activation({ activation: 'swish' }),
      conv(4),
      tfl.layers.leakyReLU({}),
      conv(4, { activation: 'elu' }),
      conv(3),
    ),
  blurred: (x) => chain(x, conv(4), relu(), blurPooling(), conv(3)),
  'standardised kernels': (x) =>
    chain(
      x,
      standardizedConvolution({ filters: 6, kernelSize: 3 }),
      batchNormalization({}),
      relu(),
      standardizedConvolution({ filters: 3, kernelSize: 3 }),
    ),
  'group norm': (x) => chain(x, conv(8), groupNormalization({ groups: 4 }), relu(), conv(3)),
  'filter response norm': (x) => chain(x, conv(8), filterResponseNorm(), conv(3)),
  evonorm: (x) => chain(x, conv(8), evoNorm({ groups: 4 }), conv(3)),
  'nothing behind the sum': (x) =>
    relu().apply(tfl.layers.add().apply([conv(4).apply(x) as Value, conv(4).apply(x) as Value])) as Value,
};

describe.skipIf(isOracleAbsent)(`quantized ONNX in onnxruntime${ORACLE_NOTE}`, () => {
  let answers: Record<string, Record<string, Facts>>;

  beforeAll(async () => {
    await tf.setBackend('cpu');
    registerKerasLayers();
    const models = new Map(
      Object.entries(NETWORKS).map(([name, build]) => {
        const input = tfl.input({ shape: [8, 8, 4] });
        return [name, randomizeWeights(tfl.model({ inputs: input, outputs: build(input) }))];
      }),
    );
    models.set('residual', smallResidualNet());
    models.set('nested', nestedModel());
    const dead = smallResidualNet();
    killChannels(dead);
    models.set('dead channels', dead);
    const cases: Record<string, object> = {};
    for (const [name, model] of models) {
      cases[name] = await writeCase(name, model);
      model.dispose();
    }
    answers = await runOracle(script, { folder: place(), cases }, place('job.json'));
  }, 300_000);

  it('is sound, and runs', () => {
    const faults = Object.entries(answers).flatMap(([name, kinds]) =>
      Object.entries(kinds).flatMap(([kind, { fault, finite }]) =>
        fault === undefined && finite ? [] : [`${name}, ${kind}: ${fault ?? 'not finite'}`],
      ),
    );
    expect(faults).toEqual([]);
  });

  it('has every kernel within half a step, and uses all of the whole numbers', () => {
    for (const [name, { int8, calibrated }] of Object.entries(answers)) {
      for (const facts of [int8!, calibrated!]) {
        expect(facts.steps, name).toBeLessThanOrEqual(0.5001);
        expect(facts.largest, name).toBe(127);
      }
    }
  });

  it('stores every kernel', () => {
    for (const [name, kinds] of Object.entries(answers)) {
      const counts = ['float16', 'int8', 'calibrated'].map((kind) => kinds[kind]!.kernels);
      expect(new Set(counts).size, name).toBe(1);
      expect(counts[0], name).toBeGreaterThan(0);
    }
  });

  it('answers as the model does, as far as its numbers reach', () => {
    const beyond = Object.entries(answers).flatMap(([name, { float16, int8, calibrated }]) =>
      float16!.error < 2e-3 && int8!.error < 0.03 && calibrated!.error < 0.06
        ? []
        : [`${name}: ${float16!.error}, ${int8!.error}, ${calibrated!.error}`],
    );
    expect(beyond).toEqual([]);
  });

  it('is computed in whole numbers, but for what onnxruntime has none for', () => {
    const floats = Object.fromEntries(
      Object.entries(answers).map(([name, { calibrated }]) => [
        name,
        FLOAT_OPERATORS.filter((operator) => calibrated!.operators[operator] !== undefined),
      ]),
    );
    const expected = Object.fromEntries(Object.keys(floats).map((name) => [name, STAYS_FLOAT[name] ?? []]));
    expect(floats).toEqual(expected);
  });
});

async function writeCase(name: string, model: tfl.LayersModel): Promise<object> {
  const random = createRandom(3).fork(name);
  const batches = Array.from({ length: 4 }, () => {
    const shape = model.inputs[0]!.shape.map((size, axis) => (axis === 0 ? 4 : size!));
    return tf.tensor(
      Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal()),
      shape,
    );
  });
  const inputs = [[...(await batches[0]!.data())]];
  const shapes = [batches[0]!.shape];
  await writeFile(place(`${name}.float32.onnx`), await exportOnnx(model));
  await writeFile(place(`${name}.float16.onnx`), await exportOnnx(model, { dtype: 'float16' }));
  await writeFile(place(`${name}.int8.onnx`), await exportOnnx(model, { dtype: 'int8' }));
  const calibrated = await exportOnnx(model, { dtype: 'int8', calibration: batches });
  await writeFile(place(`${name}.calibrated.onnx`), calibrated);
  return { inputs, shapes };
}

/** Channels whose weights are zero, beside large biases: their scale has to leave room for the bias. */
function killChannels(model: tfl.LayersModel): void {
  for (const weight of model.weights) {
    if (!/kernel|bias/.test(weight.originalName)) continue;
    tf.tidy(() => {
      const value = weight.read();
      const isKernel = weight.originalName.endsWith('kernel');
      const channels = value.shape.at(-1)!;
      const mask = tf.tensor1d(
        Array.from({ length: channels }, (_, i) => (i === 0 ? (isKernel ? 1e-30 : 10) : 1)),
      );
      weight.write(tf.mul(value, mask));
    });
  }
}
