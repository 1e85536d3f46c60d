import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';

import {
  basicBlock,
  type BlockStyle,
  bottleneckBlock,
  dropout,
  groupedConvolution,
  heNormal,
  preActivationBasicBlock,
  preActivationBottleneckBlock,
  type ResidualBlock,
  type ResidualBlockOptions,
  setDropoutStep,
} from '../src';
import { stemConvolution } from '../src/stem-convolution';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const models: tfl.LayersModel[] = [];
afterEach(() => {
  for (const model of models.splice(0)) model.dispose();
});

const STYLE: BlockStyle = {
  convolutionBias: false,
  epsilon: 1e-5,
  momentum: 0.9,
  strideIn: 'second',
  padding: 'explicit',
  kernelInitializer: () => heNormal({ seed: 1 }),
};

function modelOf(
  shape: [number, number, number],
  build: (input: tfl.SymbolicTensor) => tfl.SymbolicTensor,
): tfl.LayersModel {
  const input = tfl.input({ shape });
  const model = tfl.model({ inputs: input, outputs: build(input) });
  models.push(model);
  return model;
}

const wave = (shape: number[]): tf.Tensor =>
  tf.reshape(tf.sin(tf.range(0, tf.util.sizeFromShape(shape))), shape);

function blockModel(
  block: ResidualBlock,
  options: Partial<ResidualBlockOptions>,
  channels = 8,
): tfl.LayersModel {
  return modelOf([9, 7, channels], (input) =>
    block(input, { name: 'block', filters: 8, style: STYLE, ...options }),
  );
}

describe.each<[string, ResidualBlock, number]>([
  ['basicBlock', basicBlock, 8],
  ['bottleneckBlock', bottleneckBlock, 32],
  ['preActivationBasicBlock', preActivationBasicBlock, 8],
  ['preActivationBottleneckBlock', preActivationBottleneckBlock, 32],
])('%s', (_, block, filtersOut) => {
  it('halves odd pictures upwards and puts out its channels', () => {
    const model = blockModel(block, { stride: 2, shortcut: 'projection' });
    expect(model.outputs[0]!.shape).toEqual([null, 5, 4, filtersOut]);
  });

  it('gives every trainable weight a finite, non-zero gradient', () => {
    const model = blockModel(block, { stride: 2, shortcut: 'projection' });
    tf.tidy(() => {
      const x = wave([3, 9, 7, 8]);
      const loss = (): tf.Scalar => {
        const y = model.apply(x, { training: true }) as tf.Tensor;
        return tf.sum(tf.mul(y, wave(y.shape)));
      };
      const { grads } = tf.variableGrads(loss);
      expect(Object.keys(grads)).toHaveLength(model.trainableWeights.length);
      for (const [name, gradient] of Object.entries(grads)) {
        const norm = tf.sum(tf.square(gradient)).dataSync()[0]!;
        expect(Number.isFinite(norm) && norm > 0, name).toBe(true);
      }
    });
  });

  it('adds nothing where it has no shortcut', () => {
    const plain = blockModel(block, { shortcut: 'none' });
    expect(plain.layers.some((layer) => layer.getClassName() === 'Add')).toBe(false);
  });

  it('loads from its saved configuration with stock layers only, to the same outputs', async () => {
    const model = blockModel(block, { stride: 2, shortcut: 'projection', dropRate: 0.2, seed: 3 });
    const stock = await tfl.models.modelFromJSON(JSON.parse(model.toJSON() as string) as never);
    models.push(stock);
    stock.setWeights(model.getWeights());
    tf.tidy(() => {
      const x = wave([2, 9, 7, 8]);
      const difference = tf.max(tf.abs(tf.sub(model.predict(x) as tf.Tensor, stock.predict(x) as tf.Tensor)));
      expect(difference.dataSync()[0]).toBe(0);
    });
  });
});

describe('zeroInitResidual', () => {
  it.each<[string, ResidualBlock, number]>([
    ['basicBlock', basicBlock, 8],
    ['bottleneckBlock', bottleneckBlock, 32],
  ])('makes a fresh %s the identity with ReLU', (_, block, channels) => {
    const model = blockModel(block, { style: { ...STYLE, zeroInitResidual: true } }, channels);
    tf.tidy(() => {
      const x = wave([2, 9, 7, channels]);
      const difference = tf.max(tf.abs(tf.sub(model.predict(x) as tf.Tensor, tf.relu(x))));
      expect(difference.dataSync()[0]).toBe(0);
    });
  });
});

describe('groupedConvolution', () => {
  const grouped = (args: { stride?: number }): tfl.LayersModel =>
    modelOf([9, 7, 6], (input) =>
      groupedConvolution(input, STYLE, { name: 'a_conv', filters: 6, groups: 2, kernelSize: 3, ...args }),
    );

  /** The same by its definition: each group's channels through a convolution of their own. */
  function byGroup(input: tf.Tensor4D, kernel: tf.Tensor4D, stride: number): tf.Tensor {
    const padded = tf.pad(input, [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ]);
    const halves = [0, 3].map((start) =>
      tf.conv2d(
        tf.slice(padded, [0, 0, 0, start], [-1, -1, -1, 3]),
        tf.slice(kernel, [0, 0, 0, start], [3, 3, 3, 3]),
        stride,
        'valid',
      ),
    );
    return tf.concat(halves, 3);
  }

  it.each([1, 2])('of stride %i equals a convolution of each group', (stride) => {
    const model = grouped({ stride });
    tf.tidy(() => {
      const x = wave([2, 9, 7, 6]) as tf.Tensor4D;
      const expected = byGroup(x, model.getWeights()[0] as tf.Tensor4D, stride);
      const output = model.predict(x) as tf.Tensor;
      expect(output.shape).toEqual(expected.shape);
      expect(tf.max(tf.abs(tf.sub(output, expected))).dataSync()[0]).toBeLessThan(1e-5);
    });
  });

  it('has the weights of a grouped convolution, and gives them a gradient', () => {
    const model = grouped({ stride: 2 });
    expect(model.countParams()).toBe(3 * 3 * 6 * 3);
    tf.tidy(() => {
      const x = wave([2, 9, 7, 6]) as tf.Tensor4D;
      const kernel = model.trainableWeights[0]!.read() as tf.Tensor4D;
      const { grads } = tf.variableGrads(() => tf.sum(tf.square(model.apply(x) as tf.Tensor)));
      const expected = tf.grad((k) => tf.sum(tf.square(byGroup(x, k as tf.Tensor4D, 2))))(kernel);
      const error = tf.div(
        tf.max(tf.abs(tf.sub(Object.values(grads)[0]!, expected))),
        tf.max(tf.abs(expected)),
      );
      expect(error.dataSync()[0]).toBeLessThan(1e-5);
    });
  });

  it('takes pictures of any size', () => {
    const model = modelOf([null, null, 6] as never, (input) =>
      groupedConvolution(input, STYLE, { name: 'a_conv', filters: 6, groups: 2, kernelSize: 3 }),
    );
    tf.tidy(() => {
      const output = model.predict(tf.zeros([1, 5, 4, 6])) as tf.Tensor;
      expect(output.shape).toEqual([1, 5, 4, 6]);
    });
  });

  it('refuses channels that its groups do not divide', () => {
    const build = (shape: (number | null)[], filters: number) => () =>
      groupedConvolution(tfl.input({ shape }), STYLE, { name: 'a_conv', filters, groups: 2, kernelSize: 3 });
    expect(build([9, 7, 6], 9)).toThrow(
      /Expected a divisor of the input's 6 channels and of 9 filters for `groups` but received 2/,
    );
    expect(build([9, 7, 5], 6)).toThrow(/`groups` but received 2/);
    expect(() => blockModel(bottleneckBlock, { groups: 2, dilation: 2 }, 32)).toThrow(
      /Expected 1 for grouped convolutions for `dilation` but received 2/,
    );
  });
});

describe('padded shortcuts', () => {
  const input = (): tf.Tensor4D => wave([2, 6, 4, 3]) as tf.Tensor4D;
  const subsampled = (): tf.Tensor => tf.stridedSlice(input(), [0, 0, 0, 0], [2, 6, 4, 3], [1, 2, 2, 1]);
  const averaged = (): tf.Tensor => tf.avgPool(input(), 2, 2, 'valid');
  const zeros = (channels: number): tf.Tensor => tf.zeros([2, 3, 2, channels]);

  it.each([
    ['subsample-pad-end' as const, () => tf.concat([subsampled(), zeros(5)], 3)],
    ['subsample-pad-both' as const, () => tf.concat([zeros(2), subsampled(), zeros(3)], 3)],
    ['average-pad-end' as const, () => tf.concat([averaged(), zeros(5)], 3)],
    ['average-pad-both' as const, () => tf.concat([zeros(2), averaged(), zeros(3)], 3)],
  ])('%s is what its authors published', (kind, expected) => {
    // The branch starts at zero, so that the block is the ReLU of its shortcut.
    const style = { ...STYLE, zeroInitResidual: true };
    const model = modelOf([6, 4, 3], (x) =>
      basicBlock(x, { name: 'block', filters: 8, stride: 2, style, shortcut: kind }),
    );
    tf.tidy(() => {
      const difference = tf.max(tf.abs(tf.sub(model.predict(input()) as tf.Tensor, tf.relu(expected()))));
      expect(difference.dataSync()[0]).toBeLessThan(1e-6);
    });
  });
});

describe('dropout', () => {
  const dropModel = (seed?: number): tfl.LayersModel =>
    modelOf(
      [1, 1, 64],
      (x) =>
        dropout({ name: 'drop', rate: 0.25, ...(seed === undefined ? {} : { seed }) }).apply(
          x,
        ) as tfl.SymbolicTensor,
    );
  const masked = (model: tfl.LayersModel): number[] =>
    tf.tidy(() => [...(model.apply(tf.ones([50, 1, 1, 64]), { training: true }) as tf.Tensor).dataSync()]);

  it('draws another mask at each step, and the same ones again from the same step', () => {
    const model = dropModel(5);
    const first = masked(model);
    const second = masked(model);
    expect(second).not.toEqual(first);
    setDropoutStep(model, 1);
    expect(masked(model)).toEqual(second);
  });

  it('keeps three quarters of the values and their mean', () => {
    const values = masked(dropModel(5));
    expect(values.filter((value) => value > 0).length / values.length).toBeCloseTo(0.75, 1);
    expect(values.reduce((sum, value) => sum + value, 0) / values.length).toBeCloseTo(1, 1);
  });

  it('does nothing in inference', () => {
    const model = dropModel(5);
    tf.tidy(() => {
      expect(tf.min(model.predict(tf.ones([1, 1, 1, 64])) as tf.Tensor).dataSync()[0]).toBe(1);
    });
  });
});

describe('stemConvolution', () => {
  it.each([true, false])("has the stock layer's outputs and kernel gradient, with bias %s", (useBias) => {
    const args = { filters: 3, kernelSize: 3, strides: 2, useBias, kernelInitializer: heNormal({ seed: 1 }) };
    const outputs = [stemConvolution, tfl.layers.conv2d].map((layer) => {
      const model = modelOf([9, 9, 2], (x) => layer(args).apply(x) as tfl.SymbolicTensor);
      return tf.tidy(() => {
        const x = wave([2, 9, 9, 2]);
        const { grads } = tf.variableGrads(() => tf.sum(tf.square(model.apply(x) as tf.Tensor)));
        return [model.predict(x) as tf.Tensor, ...Object.values(grads)].map((tensor) => [
          ...tensor.dataSync(),
        ]);
      });
    });
    expect(outputs[0]).toEqual(outputs[1]);
  });

  it('computes no gradient for its input', async () => {
    const model = modelOf(
      [9, 9, 2],
      (x) => stemConvolution({ filters: 3, kernelSize: 3 }).apply(x) as tfl.SymbolicTensor,
    );
    const { kernelNames } = await tf.profile(() =>
      tf.tidy(() => {
        tf.variableGrads(() => tf.sum(tf.square(model.apply(wave([2, 9, 9, 2])) as tf.Tensor)));
        return 0;
      }),
    );
    expect(kernelNames).toContain('Conv2DBackpropFilter');
    expect(kernelNames).not.toContain('Conv2DBackpropInput');
  });
});
