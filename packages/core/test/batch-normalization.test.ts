import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';

import { batchNormalization, type BatchNormalizationArguments, correctStockBatchNormalization } from '../src';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const models: tfl.LayersModel[] = [];
afterEach(() => {
  for (const model of models.splice(0)) model.dispose();
});

function modelOf(args: BatchNormalizationArguments, shape: number[] = [3, 2, 4]): tfl.LayersModel {
  const input = tfl.input({ shape });
  const output = batchNormalization({ name: 'bn', ...args }).apply(input) as tfl.SymbolicTensor;
  const model = tfl.model({ inputs: input, outputs: output });
  models.push(model);
  return model;
}

const inputOf = (shape: number[]): tf.Tensor =>
  tf.tidy(() => tf.reshape(tf.add(tf.mul(tf.sin(tf.range(0, tf.util.sizeFromShape(shape))), 3), 5), shape));

function weightsByName(model: tfl.LayersModel): Record<string, number[]> {
  const layer = model.getLayer('bn');
  const entries = layer.weights.map((weight) => [
    weight.originalName.replace(/^bn\//, ''),
    [...weight.read().dataSync()],
  ]);
  return Object.fromEntries(entries) as Record<string, number[]>;
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-4): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    expect(Math.abs(actual[i]! - expected[i]!)).toBeLessThan(tolerance * (1 + Math.abs(expected[i]!)));
  }
}

/** What the layer owes in training, by plain stock operations that TensorFlow.js differentiates itself. */
function reference(x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor, epsilon: number): tf.Tensor {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  return tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, epsilon))), scale), offset);
}

const train = (model: tfl.LayersModel, x: tf.Tensor): tf.Tensor =>
  model.apply(x, { training: true }) as tf.Tensor;

describe('batchNormalization in training', () => {
  it('normalises each channel by the batch', () => {
    const model = modelOf({});
    tf.tidy(() => {
      const y = train(model, inputOf([5, 3, 2, 4]));
      const { mean, variance } = tf.moments(y, [0, 1, 2]);
      expectClose(mean.dataSync(), [0, 0, 0, 0], 1e-5);
      expectClose(variance.dataSync(), [1, 1, 1, 1], 1e-3);
    });
  });

  it('has the gradients of the formula, for the values, gamma and beta', () => {
    tf.tidy(() => {
      const model = modelOf({ epsilon: 1e-2 });
      const scale = tf.tensor1d([0.5, -1, 2, 1.5]);
      const offset = tf.tensor1d([1, 2, 3, -4]);
      model.setWeights([scale, offset, tf.zeros([4]), tf.ones([4])]);
      const x = inputOf([5, 3, 2, 4]);
      const weight = tf.square(tf.sub(inputOf([5, 3, 2, 4]), 4));
      const [gamma, beta] = model.getLayer('bn').trainableWeights.map((w) => w.read());
      const ours = tf.grad((values) => tf.sum(tf.mul(train(model, values), weight)))(x);
      const expected = tf.grads((values, a, b) => tf.sum(tf.mul(reference(values, a, b, 1e-2), weight)))([
        x,
        scale,
        offset,
      ]);
      expectClose(ours.dataSync(), expected[0]!.dataSync(), 1e-3);
      const { grads } = tf.variableGrads(
        () => tf.sum(tf.mul(train(model, x), weight)),
        [gamma as tf.Variable, beta as tf.Variable],
      );
      const [dGamma, dBeta] = Object.values(grads);
      expectClose(dGamma!.dataSync(), expected[1]!.dataSync(), 1e-3);
      expectClose(dBeta!.dataSync(), expected[2]!.dataSync(), 1e-3);
    });
  });

  it("moves the averages with Bessel's correction, as TensorFlow's fused op does", () => {
    const model = modelOf({ momentum: 0.9 });
    tf.tidy(() => {
      const x = inputOf([5, 3, 2, 4]);
      train(model, x);
      const { mean, variance } = tf.moments(x, [0, 1, 2]);
      const after = weightsByName(model);
      expectClose(after['moving_mean']!, tf.mul(mean, 0.1).dataSync());
      expectClose(after['moving_variance']!, tf.add(tf.mul(variance, (0.1 * 30) / 29), 0.9).dataSync());
    });
  });

  it.each([
    { scale: false, center: true },
    { scale: true, center: false },
    { scale: false, center: false },
  ])('trains with scale $scale and center $center', ({ scale, center }) => {
    const model = modelOf({ scale, center });
    tf.tidy(() => {
      const x = inputOf([5, 3, 2, 4]);
      expectClose(
        train(model, x).dataSync(),
        reference(x, tf.ones([4]), tf.zeros([4]), 1e-3).dataSync(),
        1e-3,
      );
    });
  });

  it('normalises another axis than the last', () => {
    const model = modelOf({ axis: 1 }, [4, 3, 2]);
    tf.tidy(() => {
      const x = inputOf([5, 4, 3, 2]);
      const { mean, variance } = tf.moments(train(model, x), [0, 2, 3]);
      expectClose(mean.dataSync(), [0, 0, 0, 0], 1e-5);
      expectClose(variance.dataSync(), [1, 1, 1, 1], 1e-3);
    });
  });

  it.each([[[7]], [[6, 7]]])('normalises inputs of shape %j', (shape) => {
    const model = modelOf({}, shape);
    tf.tidy(() => {
      const x = inputOf([9, ...shape]);
      const axes = shape.map((_, axis) => axis);
      const { mean } = tf.moments(train(model, x), axes);
      expectClose(mean.dataSync(), new Float32Array(7), 1e-4);
    });
  });

  it('leaks no tensor over steps', () => {
    const model = modelOf({});
    const before = tf.memory().numTensors;
    for (let step = 0; step < 3; step++) {
      tf.tidy(() => {
        const x = inputOf([5, 3, 2, 4]);
        tf.variableGrads(() => tf.sum<tf.Scalar>(tf.square(train(model, x))));
      });
    }
    expect(tf.memory().numTensors).toBe(before);
  });
});

/** Its own number for each channel, so that statistics of another channel's give other values. */
function setDistinctWeights(model: tfl.LayersModel): void {
  tf.tidy(() => {
    const { weights } = model.getLayer('bn');
    model
      .getLayer('bn')
      .setWeights(weights.map(({ shape }, i) => tf.add(tf.range(1, 1 + shape[0]!), 0.25 * i)));
  });
}

/** `(x - mean) / sqrt(variance + epsilon) * gamma + beta` along an axis, with gamma, beta, mean and variance as above, in plain JavaScript. */
function expectedInference(x: tf.Tensor, axis: number): number[] {
  const stride = tf.util.sizeFromShape(x.shape.slice(axis + 1));
  return Array.from(x.dataSync(), (value, i) => {
    const number = 1 + (Math.floor(i / stride) % x.shape[axis]!);
    return ((value - (number + 0.5)) / Math.sqrt(number + 0.75 + 1e-3)) * number + number + 0.25;
  });
}

describe('batchNormalization in inference', () => {
  it.each([
    [1, [4, 3, 2]],
    [2, [4, 3, 2]],
    [-2, [4, 3, 2]],
    [-1, [4, 3, 2]],
    [1, [4, 3]],
    [-1, [2, 3, 2, 4]],
    [1, [4, 3, 2, 2]],
  ])('takes the averages of axis %i of [batch, %j]', (axis, shape) => {
    const model = modelOf({ axis }, shape);
    setDistinctWeights(model);
    tf.tidy(() => {
      const x = inputOf([2, ...shape]);
      const expected = expectedInference(x, axis < 0 ? axis + x.rank : axis);
      expectClose((model.predict(x) as tf.Tensor).dataSync(), expected, 1e-5);
    });
  });
});

describe('correctStockBatchNormalization', () => {
  function stockModel(axis: number, shape: number[]): tfl.LayersModel {
    const input = tfl.input({ shape });
    const output = tfl.layers.batchNormalization({ name: 'bn', axis }).apply(input) as tfl.SymbolicTensor;
    const model = tfl.model({ inputs: input, outputs: output });
    models.push(model);
    return model;
  }

  it("makes the stock layer's inference right along another axis than the last", () => {
    correctStockBatchNormalization();
    const model = stockModel(1, [4, 3, 2]);
    setDistinctWeights(model);
    tf.tidy(() => {
      const x = inputOf([5, 4, 3, 2]);
      expectClose((model.predict(x) as tf.Tensor).dataSync(), expectedInference(x, 1), 1e-5);
    });
  });

  it("makes the stock layer's training right along another axis than the last", () => {
    correctStockBatchNormalization();
    const model = stockModel(1, [4, 3, 2]);
    tf.tidy(() => {
      const { mean, variance } = tf.moments(train(model, inputOf([5, 4, 3, 2])), [0, 2, 3]);
      expectClose(mean.dataSync(), [0, 0, 0, 0], 1e-5);
      expectClose(variance.dataSync(), [1, 1, 1, 1], 1e-3);
    });
  });

  it('leaves the stock layer as it is along the last axis: its variance stays biased in training', () => {
    correctStockBatchNormalization();
    const model = stockModel(-1, [3, 2, 4]);
    tf.tidy(() => {
      const x = inputOf([5, 3, 2, 4]);
      train(model, x);
      const biased = tf.add(tf.mul(tf.moments(x, [0, 1, 2]).variance, 0.01), 0.99);
      expectClose(weightsByName(model)['moving_variance']!, biased.dataSync());
    });
  });
});

describe('batchNormalization frozen', () => {
  it.each([
    [
      'the layer',
      (model: tfl.LayersModel) => {
        model.getLayer('bn').trainable = false;
      },
    ],
    [
      'the model',
      (model: tfl.LayersModel) => {
        model.trainable = false;
      },
    ],
  ])('behaves as in inference and leaves its averages alone when %s is not trainable', (_, freeze) => {
    const model = modelOf({});
    freeze(model);
    const before = weightsByName(model);
    tf.tidy(() => {
      const x = inputOf([5, 3, 2, 4]);
      expectClose(train(model, x).dataSync(), (model.predict(x) as tf.Tensor).dataSync(), 1e-6);
    });
    expect(weightsByName(model)).toEqual(before);
  });

  it.each([
    ['the last axis', {}, [3, 2, 4]],
    ['another axis', { axis: 1 }, [4, 3, 2]],
    ['no gamma', { scale: false }, [3, 2, 4]],
  ])('gives its input the gradient of its averages in training: %s', (_, args, shape) => {
    const model = modelOf(args, shape);
    const layer = model.getLayer('bn');
    tf.tidy(() => {
      layer.setWeights(
        layer.weights.map((_weight, place) => tf.add(tf.mul(tf.range(1, 5), 0.3), place + 0.5)),
      );
      layer.trainable = false;
      const x = inputOf([2, ...shape]);
      const gradient = tf.grad((values: tf.Tensor) =>
        tf.sum(tf.square(model.apply(values, { training: true }) as tf.Tensor)),
      )(x);
      const step = 1e-2;
      const at = (offset: number) => tf.square(model.predict(tf.add(x, offset)) as tf.Tensor);
      // The norm is linear and each output follows from one input: a difference of squares is exact.
      expectClose(gradient.dataSync(), tf.div(tf.sub(at(step), at(-step)), 2 * step).dataSync(), 1e-3);
    });
  });
});

describe('batchNormalization saved', () => {
  it('loads as the stock layer, without ours', async () => {
    const model = modelOf({ scale: false, momentum: 0.9, epsilon: 1e-5 });
    const stock = await tfl.models.modelFromJSON(JSON.parse(model.toJSON() as string) as never);
    models.push(stock);
    const layer = stock.getLayer('bn');
    expect(layer.getClassName()).toBe('BatchNormalization');
    expect(layer.constructor).toBe(tfl.layers.batchNormalization({}).constructor);
    expect(layer.getConfig()).toEqual(model.getLayer('bn').getConfig());
  });
});
