import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { averageProbabilities, setModelMetadata } from '@zoo/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { evaluate, evaluateEnsemble, predict, predictEnsemble } from '../../src';
import { memorySource, type MemorySourceOptions } from '../support/memory-source';
import { tinyModel } from '../support/tiny-model';

const models: tfl.LayersModel[] = [];

beforeAll(async () => {
  await tf.setBackend('cpu');
  models.push(tinyModel({ seed: 1 }), tinyModel({ seed: 2, activation: 'linear' }), tinyModel({ seed: 3 }));
});
afterAll(() => {
  for (const model of models) model.dispose();
});

const sourceOf = (options: MemorySourceOptions = {}) => memorySource({ shuffle: false, ...options });
const members = (...own: MemorySourceOptions[]) =>
  models.map((model, index) => ({ model, source: sourceOf(own[index]) }));

describe('several networks together', () => {
  it.each(['probabilities', 'logits'] as const)(
    'answer by the mean of their %s, and each by itself',
    async (average) => {
      const weights = [1, 2, 3];
      const before = tf.memory().numTensors;
      const scores = await predictEnsemble(members(), { average, weights });
      const evaluation = await evaluateEnsemble(members(), { average, weights, topK: 2 });
      expect(tf.memory().numTensors).toBe(before);
      const alone = await Promise.all(models.map((model) => predict(model, sourceOf())));
      expect(scores.map(({ source }) => source)).toEqual(alone[0]!.map(({ source }) => source));
      scores.forEach(({ probabilities, members: own }, example) => {
        const answers = alone.map((answer) => answer[example]!.probabilities);
        expect(own).toEqual(answers);
        expect(probabilities).toEqual(averageProbabilities('softmax', answers, 3, { average, weights }));
        expect(evaluation.predictions[example]!.probabilities).toEqual(probabilities);
      });
      for (const { probabilities, label, loss } of evaluation.predictions)
        expect(loss).toBeCloseTo(-Math.log(probabilities[label]!), 5);
      const evaluations = await Promise.all(models.map((model) => evaluate(model, sourceOf(), { topK: 2 })));
      expect(evaluation.members).toEqual(evaluations);
      expect([evaluation.exampleCount, evaluation.topK]).toEqual([10, 2]);
    },
  );

  it('are one network where there is one', async () => {
    const [alone] = members();
    const together = await evaluateEnsemble([alone!]);
    const expected = await evaluate(alone!.model, sourceOf());
    expect(together.accuracy).toBe(expected.accuracy);
    expect(together.loss).toBeCloseTo(expected.loss, 6);
  });

  it('say how far they are', async () => {
    const done: number[] = [];
    await evaluateEnsemble(members(), { onProgress: (progress) => done.push(progress.done) });
    await predictEnsemble(members(), { onProgress: (progress) => done.push(progress.total) });
    expect(done).toEqual([4, 8, 10, 10, 10, 10]);
  });

  it.each<[string, MemorySourceOptions]>([
    ['in other batches', { batchSize: 5 }],
    ['of other labels', { classes: 3, seed: 1, shuffle: true }],
    ['that are fewer', { exampleCount: 8 }],
    ['that are more', { exampleCount: 14 }],
  ])('refuse examples %s, and leave no tensor', async (_, other) => {
    const before = tf.memory().numTensors;
    await expect(predictEnsemble(members({}, other))).rejects.toThrow(
      'Expected the examples of members[0].source in the same batches for `members[1].source`',
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuse none, other classes, heads of two kinds, and a multi-label head where one class is counted', async () => {
    const [first] = members();
    await expect(predictEnsemble([])).rejects.toThrow('Expected at least one for `members`');
    await expect(evaluateEnsemble([])).rejects.toThrow('Expected at least one for `members`');
    const renamed = { ...first!.source, classNames: ['judge', 'cook', 'pilot'] };
    await expect(predictEnsemble([first!, { model: models[1]!, source: renamed }])).rejects.toThrow(
      'Expected the classes of the first in their order, cook, judge, pilot, for',
    );
    const free = tinyModel({ activation: 'sigmoid' });
    setModelMetadata(free, { head: 'multiLabel' });
    const mixed = [first!, { model: free, source: sourceOf() }];
    await expect(predictEnsemble(mixed)).rejects.toThrow("Expected a softmax head as the first's for");
    await expect(evaluateEnsemble(mixed)).rejects.toThrow('Call evaluateMultiLabel()');
    free.dispose();
  });

  it('stop by a signal, and leave no tensor', async () => {
    const before = tf.memory().numTensors;
    const stopping = new AbortController();
    const stopped = predictEnsemble(members(), {
      signal: stopping.signal,
      onProgress: () => stopping.abort(new Error('enough')),
    });
    await expect(stopped).rejects.toThrow('enough');
    expect(tf.memory().numTensors).toBe(before);
  });
});
