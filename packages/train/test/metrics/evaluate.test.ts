import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import { classScores, evaluate, formatConfusionMatrix, mostWrong, type Prediction } from '../../src';
import { memorySource } from '../support/memory-source';
import { tinyModel } from '../support/tiny-model';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('evaluate', () => {
  it('scores every example once, whatever the batches', async () => {
    const model = tinyModel({ classes: 4 });
    const options = { classes: 4, exampleCount: 11, shuffle: false };
    const whole = await evaluate(model, memorySource({ ...options, batchSize: 11 }), { topK: 2 });
    const parts = await evaluate(model, memorySource({ ...options, batchSize: 4 }), { topK: 2 });
    expect(parts.exampleCount).toBe(11);
    expect(parts.loss).toBeCloseTo(whole.loss, 6);
    expect({ ...parts, loss: 0, predictions: [] }).toEqual({ ...whole, loss: 0, predictions: [] });
    expect(parts.predictions.map(({ source }) => source)).toEqual(
      whole.predictions.map(({ source }) => source),
    );
    model.dispose();
  });

  it('agrees with a count by hand', async () => {
    const model = tinyModel({ classes: 4 });
    const source = memorySource({ classes: 4, exampleCount: 12 });
    const { predictions, confusionMatrix, accuracy, topKAccuracy, loss } = await evaluate(model, source, {
      topK: 3,
    });
    const rank = ({ probabilities, label }: Prediction): number =>
      probabilities.filter((probability) => probability > probabilities[label]!).length;
    expect(accuracy).toBe(predictions.filter((prediction) => rank(prediction) === 0).length / 12);
    expect(topKAccuracy).toBe(predictions.filter((prediction) => rank(prediction) < 3).length / 12);
    expect(loss).toBeCloseTo(
      predictions.reduce((sum, { probabilities, label }) => sum - Math.log(probabilities[label]!), 0) / 12,
      5,
    );
    const label = (index: number) => predictions.filter((prediction) => prediction.label === index).length;
    expect(confusionMatrix.map((row) => row.reduce((sum, count) => sum + count))).toEqual(
      [0, 1, 2, 3].map(label),
    );
    model.dispose();
  });

  it('stops at an abort and frees its tensors', async () => {
    const model = tinyModel();
    const controller = new AbortController();
    const source = memorySource({
      onBatch: (_epoch, batch) => batch === 1 && controller.abort(new Error('enough')),
    });
    await expect(evaluate(model, source, { signal: controller.signal })).rejects.toThrow('enough');
    model.dispose();
  });

  it('refuses a source of other pictures than the model reads', async () => {
    const model = tinyModel();
    const source = { ...memorySource(), imageShape: [8, 8, 3] as const };
    await expect(evaluate(model, source)).rejects.toThrow(
      /Expected \[4, 4, 3\].*`source.imageShape`.*\[8, 8, 3\]/,
    );
    model.dispose();
  });
});

const scored = {
  classNames: ['cook', 'judge', 'pilot'],
  confusionMatrix: [
    [3, 1, 0],
    [0, 4, 0],
    [0, 0, 0],
  ],
};

describe('figures of an evaluation', () => {
  it('are precision, recall and F1 of each class', () => {
    expect(classScores(scored)).toEqual([
      { className: 'cook', support: 4, precision: 1, recall: 0.75, f1: 6 / 7 },
      { className: 'judge', support: 4, precision: 0.8, recall: 1, f1: 8 / 9 },
      { className: 'pilot', support: 0, precision: Number.NaN, recall: Number.NaN, f1: Number.NaN },
    ]);
  });

  it('are a table in a terminal', () => {
    expect(formatConfusionMatrix(scored)).toBe(
      [
        'true    cook judge pilot   recall',
        'cook       3     1     ·   75.0 %',
        'judge      ·     4     ·  100.0 %',
        'pilot      ·     ·     ·        –',
      ].join('\n'),
    );
  });

  it('are the most surely wrong examples, the worst first', () => {
    const predictions = [
      [0, 1, 0.6],
      [0, 0, 0.9],
      [1, 0, 0.8],
    ].map(([label, predicted, probability], index) => ({
      source: `${index}`,
      label: label!,
      predicted: predicted!,
      probabilities: Float32Array.from([0, 1], (entry) =>
        entry === predicted ? probability! : 1 - probability!,
      ),
      loss: 1,
    }));
    expect(mostWrong(predictions).map(({ source }) => source)).toEqual(['2', '0']);
    expect(mostWrong(predictions, 1)).toHaveLength(1);
  });
});
