import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { batchNormalization, createRandom } from '@zoo/core';
import { beforeAll, describe, expect, it } from 'vitest';

import { batchNormFoldings, foldBatchNorm } from '../src';

import { apply, disposeAll, type Symbolic } from './symbolic-layers';

const { activation, add, conv2d, dense, depthwiseConv2d, flatten, globalAveragePooling2d } = tfl.layers;

/** A model from pictures of 6x6x3 to whatever `build` makes of them; its weights, averages too, are far from their start. */
function modelOf(build: (pictures: Symbolic) => Symbolic | Symbolic[]): tfl.LayersModel {
  const pictures = tfl.input({ shape: [6, 6, 3], name: 'pictures' });
  const model = tfl.model({ inputs: pictures, outputs: build(pictures) });
  randomize(model);
  return model;
}

function randomize(model: tfl.LayersModel): void {
  const random = createRandom(5);
  tf.tidy(() => {
    const weights = model.getWeights().map(({ shape, size }, index) => {
      const isVariance = model.weights[index]!.originalName.includes('variance');
      const values = Float32Array.from({ length: size }, () =>
        isVariance ? random.uniformBetween(0.2, 2) : random.normal() / 2,
      );
      return tf.tensor(values, shape);
    });
    model.setWeights(weights);
  });
}

/** How far the folded copy's outputs are from the model's, against the largest output; and the batch norms it still has. */
function compare(model: tfl.LayersModel): { error: number; norms: number; copy: tfl.LayersModel } {
  const copy = foldBatchNorm(model);
  const error = tf.tidy(() => {
    const random = createRandom(9);
    const values = Float32Array.from({ length: 2 * 6 * 6 * 3 }, () => random.normal());
    const pictures = tf.tensor4d(values, [2, 6, 6, 3]);
    const [expected, actual] = [model, copy].map((net) => [net.predict(pictures)].flat());
    return Math.max(
      ...expected!.map((output, index) => {
        const largest = Math.max(1, tf.max(tf.abs(output)).dataSync()[0]!);
        return tf.max(tf.abs(tf.sub(output, actual![index]!))).dataSync()[0]! / largest;
      }),
    );
  });
  const norms = copy.layers.filter((layer) => layer.getClassName() === 'BatchNormalization').length;
  return { error, norms, copy };
}

function expectFolded(model: tfl.LayersModel, normsLeft = 0): void {
  const { error, norms, copy } = compare(model);
  expect(error).toBeLessThan(1e-5);
  expect(norms).toBe(normsLeft);
  disposeAll(copy);
  disposeAll(model);
}

describe('foldBatchNorm', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it.each([true, false])('folds a norm into the convolution before it, of useBias %s', (useBias) => {
    expectFolded(
      modelOf((x) =>
        apply(
          batchNormalization(),
          apply(conv2d({ filters: 4, kernelSize: 3, padding: 'same', strides: 2, useBias }), x),
        ),
      ),
    );
  });

  it.each([
    { scale: false, center: true },
    { scale: true, center: false },
  ])('folds a norm of %j', (args) => {
    expectFolded(
      modelOf((x) => apply(batchNormalization(args), apply(conv2d({ filters: 4, kernelSize: 1 }), x))),
    );
  });

  it('folds norms into dense and depthwise layers', () => {
    expectFolded(
      modelOf((x) => {
        const depthwise = depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: 'same' });
        const y = apply(batchNormalization(), apply(depthwise, x));
        return apply(batchNormalization(), apply(dense({ units: 5 }), apply(flatten(), y)));
      }),
    );
  });

  it('makes the ReLU the activation of the layer it follows', () => {
    const model = modelOf((x) =>
      apply(
        activation({ activation: 'relu' }),
        apply(batchNormalization(), apply(conv2d({ filters: 4, kernelSize: 3 }), x)),
      ),
    );
    const { error, copy } = compare(model);
    expect(error).toBeLessThan(1e-5);
    expect(copy.layers.map((layer) => layer.getClassName())).toEqual(['InputLayer', 'Conv2D']);
    copy.dispose();
    model.dispose();
  });

  it('folds the branches of a residual block', () => {
    expectFolded(
      modelOf((x) => {
        const branch = (kernelSize: number): Symbolic =>
          apply(batchNormalization(), apply(conv2d({ filters: 4, kernelSize, padding: 'same' }), x));
        return apply(activation({ activation: 'relu' }), apply(add(), [branch(1), branch(3)]));
      }),
    );
  });

  it('folds norms before and after one pointwise convolution', () => {
    expectFolded(
      modelOf((x) =>
        apply(
          batchNormalization(),
          apply(conv2d({ filters: 4, kernelSize: 1, strides: 2 }), apply(batchNormalization(), x)),
        ),
      ),
    );
  });

  it('folds a norm into the unpadded convolution after it', () => {
    expectFolded(
      modelOf((x) =>
        apply(conv2d({ filters: 4, kernelSize: 3, useBias: false }), apply(batchNormalization(), x)),
      ),
    );
  });

  it('keeps a norm that zero padding separates from the convolution after it', () => {
    expectFolded(
      modelOf((x) =>
        apply(conv2d({ filters: 4, kernelSize: 3, padding: 'same' }), apply(batchNormalization(), x)),
      ),
      1,
    );
  });

  it('keeps a norm over the width of pictures that have their channels first', () => {
    // Three columns and three filters: only the order of axes tells the two apart.
    const model = modelOf((pictures) =>
      apply(
        batchNormalization({}),
        apply(conv2d({ filters: 3, kernelSize: 1, dataFormat: 'channelsFirst' }), pictures),
      ),
    );
    expectFolded(model, 1);
  });

  it('folds layers that are shared with their norm and keeps them shared', () => {
    const model = modelOf((x) => {
      const convolution = conv2d({ filters: 3, kernelSize: 3, padding: 'same' });
      const norm = batchNormalization();
      const block = (y: Symbolic): Symbolic => apply(norm, apply(convolution, y));
      return block(block(x));
    });
    expectFolded(model);
  });

  it('keeps the norm of a convolution that something else reads too', () => {
    expectFolded(
      modelOf((x) => {
        const y = apply(conv2d({ filters: 3, kernelSize: 1 }), x);
        return apply(add(), [y, apply(batchNormalization(), y)]);
      }),
      1,
    );
  });

  it('keeps a shared norm that reads two convolutions', () => {
    expectFolded(
      modelOf((x) => {
        const norm = batchNormalization();
        return [1, 3].map((kernelSize) =>
          apply(norm, apply(conv2d({ filters: 4, kernelSize, padding: 'same' }), x)),
        );
      }),
      1,
    );
  });

  it('folds models within models', () => {
    const inner = modelOf((x) =>
      apply(batchNormalization(), apply(conv2d({ filters: 3, kernelSize: 1 }), x)),
    );
    const outer = modelOf((x) =>
      apply(dense({ units: 2 }), apply(globalAveragePooling2d({}), apply(inner, x))),
    );
    const { error, copy } = compare(outer);
    expect(error).toBeLessThan(1e-5);
    expect(batchNormFoldings(outer)).toHaveLength(1);
    expect(copy.countParams()).toBe(outer.countParams() - 12);
    copy.dispose();
    outer.dispose();
  });

  it('folds a sequential model', () => {
    const model = tfl.sequential({
      layers: [
        conv2d({ filters: 4, kernelSize: 3, inputShape: [6, 6, 3] }),
        batchNormalization(),
        activation({ activation: 'relu' }),
      ],
    });
    randomize(model);
    expectFolded(model);
  });

  it('leaves the model as it was, with weights of its own', () => {
    const model = modelOf((x) => apply(dense({ units: 2 }), apply(conv2d({ filters: 4, kernelSize: 1 }), x)));
    const before = model.getWeights().map((weight) => Array.from(weight.dataSync()));
    const copy = foldBatchNorm(model);
    tf.tidy(() => {
      copy.setWeights(copy.getWeights().map((weight) => tf.zerosLike(weight)));
    });
    copy.dispose();
    expect(model.getWeights().map((weight) => Array.from(weight.dataSync()))).toEqual(before);
    model.dispose();
  });

  it('keeps user-defined metadata and names', () => {
    const model = modelOf((x) =>
      apply(batchNormalization(), apply(conv2d({ filters: 4, kernelSize: 1, name: 'conv1' }), x)),
    );
    model.setUserDefinedMetadata({ classes: 'two' });
    const copy = foldBatchNorm(model);
    expect(copy.getUserDefinedMetadata()).toEqual({ classes: 'two' });
    expect(copy.layers.map(({ name }) => name)).toEqual(['pictures', 'conv1']);
    copy.dispose();
    model.dispose();
  });
});

describe('batchNormFoldings', () => {
  it('says where each norm goes and why one stays', () => {
    const model = modelOf((x) => {
      const y = apply(conv2d({ name: 'before', filters: 3, kernelSize: 1 }), x);
      const normed = apply(batchNormalization({ name: 'first' }), y);
      const sum = apply(add({ name: 'sum' }), [normed, x]);
      const activated = apply(
        activation({ name: 'relu_after', activation: 'relu' }),
        apply(batchNormalization({ name: 'second' }), sum),
      );
      return apply(conv2d({ name: 'after', filters: 2, kernelSize: 1 }), activated);
    });
    expect(batchNormFoldings(model)).toEqual([
      { layer: 'first', into: 'before', keptBecause: undefined },
      {
        layer: 'second',
        into: undefined,
        keptBecause:
          "'sum' before it is an Add and no convolution or dense layer, " +
          "and 'relu_after' after it is an Activation and no convolution or dense layer",
      },
    ]);
    model.dispose();
  });
});
