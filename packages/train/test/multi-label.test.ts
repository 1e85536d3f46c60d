import * as tf from '@tensorflow/tfjs-core';
import type { BatchSource } from '@zoo/core';
import { beforeAll, describe, expect, it } from 'vitest';

import {
  adam,
  evaluate,
  evaluateMultiLabel,
  fit,
  predict,
  sgd,
  type Callback,
  type TrainingState,
} from '../src';

import { memorySource, type MemorySourceOptions } from './support/memory-source';
import { tinyModel, weightValues } from './support/tiny-model';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** The source's pictures; class 0 holds where another one does not, the others as they were: any number of them may hold. */
function multiLabelSource(options: MemorySourceOptions = {}): BatchSource {
  const source = memorySource({ exampleCount: 12, ...options });
  return {
    ...source,
    batches: async function* (request) {
      for await (const batch of source.batches(request)) {
        const values = batch.labels
          .arraySync()
          .map(([first, second, third]) => [1 - first!, second!, third!]);
        batch.labels.dispose();
        yield { ...batch, labels: tf.tensor2d(values) };
      }
    },
  };
}

describe('a multi-label model', () => {
  it('learns by binary cross-entropy, and its accuracy is the share of right answers', async () => {
    const model = tinyModel({ activation: 'sigmoid' });
    const validation = multiLabelSource({ seed: 3 });
    const history = await fit(model, {
      train: multiLabelSource(),
      validation,
      epochs: 12,
      optimizer: adam({ learningRate: 0.02 }),
    });
    const { loss, valLoss, valAccuracy } = history.epochs.at(-1)!.metrics as Record<string, number>;
    expect(loss).toBeLessThan(history.epochs[0]!.metrics['loss']! / 2);
    const evaluation = await evaluateMultiLabel(model, validation);
    expect(evaluation.loss).toBeCloseTo(valLoss!, 6);
    expect(evaluation.accuracy).toBeCloseTo(valAccuracy!, 6);
    expect(evaluation.accuracy).toBeGreaterThan(0.9);
    model.dispose();
  });

  it('alone takes a source of several classes per picture', async () => {
    const model = tinyModel();
    const several = { ...multiLabelSource(), isMultiLabel: true };
    const message = /one class per picture, .* classifierActivation: 'sigmoid'/s;
    const training = fit(model, { train: several, epochs: 1, optimizer: sgd() });
    await expect(training).rejects.toThrow(message);
    await expect(evaluate(model, several)).rejects.toThrow(message);
    const sigmoids = tinyModel({ activation: 'sigmoid' });
    expect((await evaluateMultiLabel(sigmoids, several)).exampleCount).toBe(12);
    model.dispose();
    sigmoids.dispose();
  });

  it('is measured by a count by hand', async () => {
    const model = tinyModel({ activation: 'sigmoid' });
    const { predictions, accuracy, exactMatch, classes, loss } = await evaluateMultiLabel(
      model,
      multiLabelSource(),
      { threshold: 0.4 },
    );
    const answers = predictions.map(({ labels, probabilities }) =>
      [...labels].map((label, index) => ({ label, said: Number(probabilities[index]! >= 0.4) })),
    );
    const right = answers.map((row) => row.filter(({ label, said }) => label === said).length);
    expect(accuracy).toBeCloseTo(right.reduce((sum, count) => sum + count) / 36, 12);
    expect(exactMatch).toBe(right.filter((count) => count === 3).length / 12);
    expect(classes.map(({ support }) => support)).toEqual([8, 4, 4]);
    const both = answers.filter((row) => row[0]!.label === 1 && row[0]!.said === 1).length;
    expect(classes[0]!.recall).toBe(both / 8);
    const terms = predictions.flatMap(({ labels, probabilities }) =>
      [...labels].map(
        (label, index) => -Math.log(label === 1 ? probabilities[index]! : 1 - probabilities[index]!),
      ),
    );
    expect(loss).toBeCloseTo(terms.reduce((sum, term) => sum + term) / 36, 5);
    model.dispose();
  });

  it('is evaluated by evaluateMultiLabel alone, and others are not', async () => {
    const several = tinyModel({ activation: 'sigmoid' });
    const one = tinyModel();
    await expect(evaluate(several, multiLabelSource())).rejects.toThrow(/Call evaluateMultiLabel/);
    await expect(evaluateMultiLabel(one, multiLabelSource())).rejects.toThrow(/Call evaluate\(\)/);
    await expect(
      fit(several, { train: multiLabelSource(), epochs: 1, optimizer: sgd(), topK: 2 }),
    ).rejects.toThrow(/`options.topK`/);
    several.dispose();
    one.dispose();
  });

  it('resumes bit for bit', async () => {
    const options = {
      ...{ train: multiLabelSource(), epochs: 2, optimizer: adam({ learningRate: 0.02 }) },
      ...{ focal: { gamma: 2, alpha: 0.25 }, classWeights: [1, 2, 3] },
    };
    const states: TrainingState[] = [];
    const keep: Callback = {
      name: 'keep',
      onStepSettled: async (run, { step }) => {
        if (step === 2) states.push(await run.captureState());
      },
    };
    const model = tinyModel({ activation: 'sigmoid' });
    await fit(model, { ...options, callbacks: [keep] });
    const resumed = tinyModel({ activation: 'sigmoid', seed: 99 });
    await fit(resumed, { ...options, resume: states[0]! });
    expect(weightValues(resumed)).toEqual(weightValues(model));
    model.dispose();
    resumed.dispose();
  });
});

describe('predict', () => {
  it('gives the probabilities of every example in order and says how far it is', async () => {
    const model = tinyModel();
    const source = memorySource({ shuffle: false });
    const heard: number[][] = [];
    const scores = await predict(model, source, {
      onProgress: ({ done, total }) => heard.push([done, total]),
    });
    const { predictions } = await evaluate(model, source);
    expect(scores).toEqual(
      predictions.map(({ source: name, probabilities }) => ({ source: name, probabilities })),
    );
    expect(heard).toEqual([
      [4, 10],
      [8, 10],
      [10, 10],
    ]);
    model.dispose();
  });

  it('averages mirror images of a multi-label head as probabilities', async () => {
    const model = tinyModel({ activation: 'sigmoid' });
    const source = memorySource({ shuffle: false, exampleCount: 4 });
    const mirrored: BatchSource = {
      ...source,
      batches: async function* (request) {
        for await (const batch of source.batches(request)) {
          const images = tf.reverse(batch.images, 2);
          batch.images.dispose();
          yield { ...batch, images };
        }
      },
    };
    const [own, other, both] = [
      await predict(model, source),
      await predict(model, mirrored),
      await predict(model, source, { horizontalFlip: true }),
    ];
    both.forEach(({ probabilities }, example) =>
      probabilities.forEach((value, index) =>
        expect(value).toBeCloseTo(
          (own[example]!.probabilities[index]! + other[example]!.probabilities[index]!) / 2,
          6,
        ),
      ),
    );
    model.dispose();
  });
});
