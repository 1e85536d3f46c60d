import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';

import { logitsOf } from '../src';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const KERNEL = [
  [1, 0, -1],
  [0, 2, 0.5],
];
const BIAS = [0.1, 0.2, 0.3];
const X = [
  [1, 2],
  [-1, 0.5],
];
const EXPECTED = [1.1, 4.2, 0.3, -0.9, 1.2, 1.55];

type Head = (features: tfl.SymbolicTensor) => tfl.SymbolicTensor;

const dense = (activation: 'linear' | 'softmax' | 'sigmoid', useBias = true): Head => {
  return (features) => {
    const layer = tfl.layers.dense({ units: 3, activation, useBias });
    const output = layer.apply(features) as tfl.SymbolicTensor;
    tf.tidy(() => layer.setWeights([tf.tensor(KERNEL), ...(useBias ? [tf.tensor(BIAS)] : [])]));
    return output;
  };
};

const HEADS: Record<string, Head> = {
  'a linear Dense': dense('linear'),
  'a Dense with softmax': dense('softmax'),
  'a Softmax layer': (features) =>
    tfl.layers.softmax().apply(dense('linear')(features)) as tfl.SymbolicTensor,
  'an Activation layer': (features) =>
    tfl.layers.activation({ activation: 'softmax' }).apply(dense('linear')(features)) as tfl.SymbolicTensor,
  'a nested model': (features) => {
    const input = tfl.input({ shape: [2] });
    return tfl
      .model({ inputs: input, outputs: dense('softmax')(input) })
      .apply(features) as tfl.SymbolicTensor;
  },
};

/** A model whose features are its inputs, before `head`. */
function modelWith(head: Head): tfl.LayersModel {
  const input = tfl.input({ shape: [2] });
  const features = tfl.layers.activation({ activation: 'linear' }).apply(input) as tfl.SymbolicTensor;
  return tfl.model({ inputs: input, outputs: head(features) });
}

/** Runs `use` in a tidy and disposes the model. */
function withModel(model: tfl.LayersModel, use: (model: tfl.LayersModel) => unknown): void {
  try {
    tf.tidy(() => {
      use(model);
    });
  } finally {
    model.dispose();
  }
}

function expectLogits(model: tfl.LayersModel, expected: number[]): void {
  const logits = logitsOf(model)(tf.tensor(X), false);
  expect([...logits.dataSync()]).toEqual(expected.map((value) => expect.closeTo(value, 5) as number));
}

describe('logitsOf', () => {
  it.each(Object.entries(HEADS))('finds the logits before %s', (_name, head) => {
    withModel(modelWith(head), (model) => expectLogits(model, EXPECTED));
  });

  it('finds the logits of a head without a bias', () => {
    const expected = EXPECTED.map((value, index) => value - BIAS[index % 3]!);
    withModel(modelWith(dense('softmax', false)), (model) => expectLogits(model, expected));
  });

  it.each(['sigmoid', 'linear'] as const)('makes two classes of one unit, %s', (activation) => {
    const model = modelWith((features) => {
      const layer = tfl.layers.dense({ units: 1, activation });
      const output = layer.apply(features) as tfl.SymbolicTensor;
      tf.tidy(() => layer.setWeights([tf.tensor([[1], [2]]), tf.tensor([0.5])]));
      return output;
    });
    withModel(model, () => expectLogits(model, [0, 5.5, 0, 0.5]));
  });

  it('finds the logits of a model that is its head alone', () => {
    const input = tfl.input({ shape: [2] });
    const model = tfl.model({ inputs: input, outputs: dense('softmax')(input) });
    withModel(model, () => expectLogits(model, EXPECTED));
  });

  it('finds those of several sigmoids', () => {
    withModel(modelWith(dense('sigmoid')), (model) => expectLogits(model, EXPECTED));
  });

  it.each([
    [
      'an activation that gives no probabilities',
      () =>
        modelWith(
          (features) =>
            tfl.layers.dense({ units: 3, activation: 'tanh' }).apply(features) as tfl.SymbolicTensor,
        ),
      /linear, a softmax or a sigmoid but .* with tanh/,
    ],
    [
      'two outputs',
      () => {
        const input = tfl.input({ shape: [2] });
        return tfl.model({ inputs: input, outputs: [dense('linear')(input), dense('linear')(input)] });
      },
      /one input and one output/,
    ],
    [
      'pictures as output',
      () =>
        tfl.sequential({ layers: [tfl.layers.conv2d({ filters: 2, kernelSize: 1, inputShape: [4, 4, 3] })] }),
      /\[size, classes\].*with its top/,
    ],
  ])('refuses a model with %s', (_name, build, message) => {
    withModel(build(), (model) => expect(() => logitsOf(model)).toThrow(message));
  });

  it('leaves the names of later models as they would have been', () => {
    const number = (model: tfl.LayersModel): number => Number(/\d+$/.exec(model.name)![0]);
    const before = modelWith(dense('softmax'));
    logitsOf(before);
    withModel(modelWith(dense('softmax')), (model) => expect(number(model)).toBe(number(before) + 1));
    before.dispose();
  });
});
