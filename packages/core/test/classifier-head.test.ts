import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { afterEach, describe, expect, it } from 'vitest';

import { classifierHead, classProbabilities, setModelMetadata, type ClassifierHead } from '../src';

const models: tfl.LayersModel[] = [];

function modelOf(...layers: tfl.layers.Layer[]): tfl.LayersModel {
  const model = tfl.sequential({ layers: [tfl.layers.inputLayer({ inputShape: [4] }), ...layers] });
  models.push(model);
  return model;
}

afterEach(() => {
  for (const model of models.splice(0)) model.dispose();
});

async function probabilities(head: ClassifierHead, rows: number[][]): Promise<number[][]> {
  const outputs = tf.tensor2d(rows);
  const result = classProbabilities(head, outputs);
  const values = await result.array();
  tf.dispose([outputs, result]);
  return values;
}

describe('classifierHead', () => {
  it.each([
    [[tfl.layers.dense({ units: 3, activation: 'softmax' })], ['softmax', 'softmax', 3]],
    [[tfl.layers.dense({ units: 3 })], ['softmax', 'linear', 3]],
    [[tfl.layers.dense({ units: 3, activation: 'sigmoid' })], ['multiLabel', 'sigmoid', 3]],
    [[tfl.layers.dense({ units: 1, activation: 'sigmoid' })], ['binary', 'sigmoid', 2]],
    [[tfl.layers.dense({ units: 1 })], ['binary', 'linear', 2]],
    [
      [tfl.layers.dense({ units: 3 }), tfl.layers.activation({ activation: 'softmax' })],
      ['softmax', 'softmax', 3],
    ],
    [
      [tfl.layers.dense({ units: 3 }), tfl.layers.softmax({})],
      ['softmax', 'softmax', 3],
    ],
    [
      [
        tfl.layers.dense({ units: 4, activation: 'softmax' }),
        tfl.layers.reshape({ targetShape: [2, 2] }),
        tfl.layers.flatten(),
        tfl.layers.dropout({ rate: 0.5 }),
      ],
      ['softmax', 'softmax', 4],
    ],
    [
      [tfl.sequential({ layers: [tfl.layers.dense({ units: 2, activation: 'sigmoid', inputShape: [4] })] })],
      ['multiLabel', 'sigmoid', 2],
    ],
  ] as const)('tells the head of model %# by its last layers', (layers, expected) => {
    const { kind, activation, classCount } = classifierHead(modelOf(...layers));
    expect([kind, activation, classCount]).toEqual(expected);
  });

  it('goes by the metadata where the layers leave it open', () => {
    const model = modelOf(tfl.layers.dense({ units: 3 }));
    setModelMetadata(model, { head: 'multiLabel' });
    expect(classifierHead(model)).toEqual({ kind: 'multiLabel', activation: 'linear', classCount: 3 });
    setModelMetadata(model, { temperature: 1.5 });
    expect(classifierHead(model).temperature).toBe(1.5);
    setModelMetadata(model, { temperature: 0 });
    expect(() => classifierHead(model)).toThrow(/metadata of model .* is damaged/);
  });

  it('refuses an activation that gives no probabilities, by its layer', () => {
    const model = modelOf(tfl.layers.dense({ units: 3, activation: 'tanh', name: 'scores' }));
    expect(() => classifierHead(model)).toThrow(/ends in Dense 'scores' with tanh/);
  });

  const dense = (activation: 'linear' | 'relu' | 'sigmoid' | 'softmax') =>
    tfl.layers.dense({ units: 3, activation });
  /** A model of two ways that end in `activation`, and of what joins them. */
  function joined(activation: 'linear' | 'softmax', join: tfl.layers.Layer): tfl.LayersModel {
    const input = tfl.input({ shape: [4] });
    const ways = [dense(activation), dense(activation)].map((way) => way.apply(input) as tfl.SymbolicTensor);
    const model = tfl.model({ inputs: input, outputs: join.apply(ways) as tfl.SymbolicTensor });
    models.push(model);
    return model;
  }

  it('takes a mean of probabilities for probabilities, and any sum of logits for logits', () => {
    expect(classifierHead(joined('softmax', tfl.layers.average())).activation).toBe('softmax');
    expect(classifierHead(joined('linear', tfl.layers.average())).activation).toBe('linear');
    expect(classifierHead(joined('linear', tfl.layers.add())).activation).toBe('linear');
  });

  it.each([
    [
      'a sum of probabilities',
      () => joined('softmax', tfl.layers.add()),
      /ends in Add .* with softmax before/,
    ],
    [
      'a norm behind a sigmoid',
      () => modelOf(dense('sigmoid'), tfl.layers.batchNormalization()),
      /ends in BatchNormalization .* with sigmoid before it/,
    ],
    ['a ReLU layer', () => modelOf(dense('linear'), tfl.layers.reLU()), /ends in ReLU .* with ReLU/],
  ])('refuses %s, which are neither logits nor probabilities', (_, build, sentence) => {
    expect(() => classifierHead(build())).toThrow(sentence);
  });

  it('refuses a feature map', () => {
    const model = modelOf(tfl.layers.reshape({ targetShape: [2, 2] }));
    expect(() => classifierHead(model)).toThrow(/returns \[any, 2, 2\]. Build it with its top/);
  });
});

describe('classProbabilities', () => {
  const logit = Math.log(3);

  it('gives logits their softmax, and leaves probabilities as they are', async () => {
    const linear = await probabilities({ kind: 'softmax', activation: 'linear', classCount: 2 }, [
      [logit, 0],
    ]);
    expect(linear[0]![0]).toBeCloseTo(0.75, 6);
    const done = await probabilities({ kind: 'softmax', activation: 'softmax', classCount: 2 }, [
      [0.25, 0.75],
    ]);
    expect(done).toEqual([[0.25, 0.75]]);
  });

  it('makes two classes of one unit', async () => {
    const [linear] = await probabilities({ kind: 'binary', activation: 'linear', classCount: 2 }, [[logit]]);
    expect(linear![0]).toBeCloseTo(0.25, 6);
    expect(linear![1]).toBeCloseTo(0.75, 6);
    expect(await probabilities({ kind: 'binary', activation: 'sigmoid', classCount: 2 }, [[0.25]])).toEqual([
      [0.75, 0.25],
    ]);
  });

  it('keeps multi-label scores apart', async () => {
    const [linear] = await probabilities({ kind: 'multiLabel', activation: 'linear', classCount: 2 }, [
      [logit, 0],
    ]);
    expect(linear![0]).toBeCloseTo(0.75, 6);
    expect(linear![1]).toBeCloseTo(0.5, 6);
  });

  it.each([
    ['softmax', 'linear', [logit * 2, 0, 0]],
    ['softmax', 'softmax', [0.9 / 1.1, 0.1 / 1.1, 0.1 / 1.1]],
  ] as const)(
    'divides the logits of a %s head by its temperature, from %s outputs',
    async (kind, activation, row) => {
      const [values] = await probabilities({ kind, activation, classCount: 3, temperature: 2 }, [[...row]]);
      expect(values![0]).toBeCloseTo(0.6, 6);
      expect(values![1]).toBeCloseTo(0.2, 6);
    },
  );

  it.each([
    ['binary', 'sigmoid', [0.9], [0.25, 0.75]],
    ['binary', 'linear', [2 * logit], [0.25, 0.75]],
    ['multiLabel', 'sigmoid', [0.9, 0.5], [0.75, 0.5]],
  ] as const)('divides log odds of a %s head, from %s outputs', async (kind, activation, row, expected) => {
    const head = { kind, activation, classCount: 2, temperature: 2 } as const;
    const [values] = await probabilities(head, [[...row]]);
    values!.forEach((value, index) => expect(value).toBeCloseTo(expected[index]!, 6));
  });

  it('gives probabilities of 0 and 1 a temperature too', async () => {
    const of = (kind: 'softmax' | 'multiLabel') =>
      probabilities(
        { kind, activation: kind === 'softmax' ? kind : 'sigmoid', classCount: 2, temperature: 2 },
        [[1, 0]],
      );
    expect((await of('softmax'))[0]).toEqual([1, expect.closeTo(0, 6)]);
    const [one, none] = (await of('multiLabel'))[0]!;
    expect(one).toBeGreaterThan(0.999);
    expect(none).toBeLessThan(0.001);
  });
});
