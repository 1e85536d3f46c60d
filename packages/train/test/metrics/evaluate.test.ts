import * as tf from '@tensorflow/tfjs-core';
import { setModelMetadata } from '@zoo/core';
import { beforeAll, describe, expect, it } from 'vitest';

import {
  calibrate,
  evaluate,
  evaluateEnsemble,
  formatConfusionMatrix,
  mostWrong,
  shownClasses,
  topConfusions,
  type Prediction,
} from '../../src';
import { classScores } from '../../src/metrics/class-scores';
import { memorySource } from '../support/memory-source';
import { tinyModel } from '../support/tiny-model';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('evaluate', () => {
  it('refuses the classes of the model in another order, and takes other names', async () => {
    const model = tinyModel({ classes: 3 });
    const source = memorySource({ classes: 3, shuffle: false });
    setModelMetadata(model, { classNames: ['pilot', 'cook', 'judge'] });
    const advice =
      /the classes of '.+' in their order, pilot, cook, judge, for `source\.classNames`.+alignClasses\(\) of @zoo\/data/;
    await expect(evaluate(model, source)).rejects.toThrow(advice);
    await expect(calibrate(model, source)).rejects.toThrow(advice);
    const members = [
      { model, source },
      { model, source },
    ];
    await expect(evaluateEnsemble(members)).rejects.toThrow(/in their order, pilot, cook, judge,/);
    setModelMetadata(model, { classNames: ['n1', 'n2', 'n3'] });
    await expect(evaluate(model, source)).resolves.toMatchObject({ classNames: source.classNames });
    model.dispose();
  });

  it('says how a part of the classes of the model is measured', async () => {
    const model = tinyModel({ classes: 4 });
    await expect(evaluate(model, memorySource({ classes: 3 }))).rejects.toThrow(
      /Build the model with classes: 3, or count the labels .+ alignClasses\(\)/,
    );
    model.dispose();
  });

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
  it('are averages without the classes that nobody has or says', () => {
    const probabilities = [0.9, 0.8, 0.3].map((share) => Float32Array.of(share, 1 - share, 0));
    const counts = [
      { support: 2, predicted: 3, correct: 2 },
      { support: 1, predicted: 0, correct: 0 },
      { support: 0, predicted: 0, correct: 0 },
    ];
    const isOf = (example: number, label: number) => label === (example === 2 ? 1 : 0);
    const { classes, averages } = classScores({ ...scored, counts, probabilities, isOf });
    expect(classes[2]).toEqual({
      ...{ className: 'pilot', support: 0, precision: Number.NaN, recall: Number.NaN, f1: Number.NaN },
      ...{ rocAuc: Number.NaN, averagePrecision: Number.NaN },
    });
    // Never said: no precision of its own, and 0 in the average.
    expect(classes[1]!.precision).toBeNaN();
    expect(averages.macro).toEqual({
      precision: 1 / 3,
      recall: 0.5,
      f1: 0.4,
      rocAuc: 1,
      averagePrecision: 1,
    });
    expect(averages.weighted.recall).toBeCloseTo(2 / 3, 12);
  });

  it('are the classes that are taken for others most often', () => {
    const confusionMatrix = [
      [3, 1, 2],
      [4, 4, 0],
      [2, 0, 0],
    ];
    expect(topConfusions({ confusionMatrix }, 3)).toEqual([
      { label: 1, predicted: 0, count: 4, share: 0.5 },
      { label: 2, predicted: 0, count: 2, share: 1 },
      { label: 0, predicted: 2, count: 2, share: 1 / 3 },
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

  it('leave out, of more than 40 classes, those that do not occur: also of 1,000, whose cells are a million', () => {
    const confusionMatrix = Array.from({ length: 1000 }, () => Array.from({ length: 1000 }, () => 0));
    confusionMatrix[134]![517] = 2;
    confusionMatrix[999]![999] = 30;
    const classNames = confusionMatrix.map((_, label) => `class ${label}`);
    expect(shownClasses({ confusionMatrix })).toEqual([134, 517, 999]);
    expect(
      shownClasses({
        confusionMatrix: [
          [0, 0],
          [1, 0],
        ],
      }),
    ).toEqual([0, 1]);
    expect(formatConfusionMatrix({ classNames, confusionMatrix }).split('\n')).toEqual([
      'true       class  class  class    recall',
      'class 134       ·      2      ·    0.0 %',
      'class 517       ·      ·      ·        –',
      'class 999       ·      ·     30  100.0 %',
    ]);
    expect(topConfusions({ confusionMatrix })).toEqual([{ label: 134, predicted: 517, count: 2, share: 1 }]);
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
