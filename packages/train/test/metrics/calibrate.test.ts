import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { modelMetadata, updateModelMetadata, type BatchSource } from '@zoo/core';
import { beforeAll, describe, expect, it } from 'vitest';

import { calibrate, evaluate, evaluateMultiLabel, fit, predict, sgd } from '../../src';
import { memorySource } from '../support/memory-source';
import { tinyModel } from '../support/tiny-model';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** The brightest column's class four times as surely as it should be said, right for two of three pictures. */
function overconfidentModel(): tfl.LayersModel {
  const input = tfl.input({ shape: [4, 4, 3] });
  const rows = tfl.layers.reshape({ targetShape: [4, 12] }).apply(input);
  const pooled = tfl.layers.globalAveragePooling1d({}).apply(rows) as tfl.SymbolicTensor;
  const head = tfl.layers.dense({ units: 3, useBias: false, kernelInitializer: 'zeros', name: 'head' });
  const model = tfl.model({ inputs: input, outputs: head.apply(pooled) as tfl.SymbolicTensor });
  const kernel = tf.tidy(() =>
    tf.tensor2d(
      Array.from({ length: 12 }, (_, place) =>
        [0, 1, 2].map((label) => (Math.floor(place / 3) === label ? 8 : 0)),
      ),
    ),
  );
  head.setWeights([kernel]);
  kernel.dispose();
  return model;
}

/** Every third picture under a wrong label. */
function noisySource(): BatchSource {
  const source = memorySource({ exampleCount: 61, batchSize: 8, shuffle: false });
  return {
    ...source,
    batches: async function* (request) {
      let example = 0;
      for await (const batch of source.batches(request)) {
        const rows = batch.labels
          .arraySync()
          .map((row) => (example++ % 3 === 0 ? [row[1]!, row[2]!, row[0]!] : row));
        batch.labels.dispose();
        yield { ...batch, labels: tf.tensor2d(rows) };
      }
    },
  };
}

describe('calibrate', () => {
  it('keeps a temperature in the model that evaluate and predict answer by', async () => {
    const model = overconfidentModel();
    const before = await evaluate(model, noisySource());
    const heard: number[] = [];
    const fitted = await calibrate(model, noisySource(), { onProgress: ({ done }) => heard.push(done) });
    expect(heard.at(-1)).toBe(61);
    expect(modelMetadata(model)?.temperature).toBe(fitted.temperature);
    const after = await evaluate(model, noisySource());
    expect(fitted.temperature).toBeGreaterThan(1.5);
    expect(fitted.lossBefore).toBeCloseTo(before.loss, 5);
    expect(fitted.loss).toBeCloseTo(after.loss, 5);
    expect(after.accuracy).toBe(before.accuracy);
    expect(after.calibration.error).toBeLessThan(before.calibration.error / 2);
    const scores = await predict(model, noisySource());
    expect(scores[7]!.probabilities).toEqual(after.predictions[7]!.probabilities);
    model.dispose();
  });

  it('fits the model as it is without the temperature that it has', async () => {
    const model = overconfidentModel();
    const first = await calibrate(model, noisySource());
    expect(await calibrate(model, noisySource())).toEqual(first);
    model.dispose();
  });

  it('is fitted to a multi-label head too', async () => {
    const model = tinyModel({ activation: 'sigmoid' });
    const source = noisySource();
    const before = await evaluateMultiLabel(model, source);
    const fitted = await calibrate(model, source);
    const after = await evaluateMultiLabel(model, source);
    expect(fitted.lossBefore).toBeCloseTo(before.loss, 5);
    expect(fitted.loss).toBeCloseTo(after.loss, 4);
    expect(fitted.loss).toBeLessThan(before.loss);
    model.dispose();
  });

  it('refuses pictures that the model gets right without exception, and leaves the model as it was', async () => {
    const model = overconfidentModel();
    const clear = memorySource({ exampleCount: 12, seed: 3 });
    const isRight = (await evaluate(model, clear)).accuracy;
    expect(isRight).toBe(1);
    await expect(calibrate(model, clear)).rejects.toThrow(/partly right.*these 12 are all right.*Take more/);
    expect(modelMetadata(model)?.temperature).toBeUndefined();
    model.dispose();
  });

  it('is forgotten by a training, which takes logits as they are', async () => {
    const [model, other] = [tinyModel(), tinyModel()];
    updateModelMetadata(model, { temperature: 3 });
    const options = { train: memorySource(), epochs: 1, optimizer: sgd({ learningRate: 0.1 }) };
    const [one, two] = [await fit(model, options), await fit(other, options)];
    expect(one.epochs[0]!.metrics).toEqual(two.epochs[0]!.metrics);
    expect(modelMetadata(model)?.temperature).toBeUndefined();
    model.dispose();
    other.dispose();
  });
});
