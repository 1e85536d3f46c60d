import type * as tf from '@tensorflow/tfjs-core';
import { disposeBatch } from '@zoo/core';
import { flowFromDirectory } from '@zoo/data/node';
import { selectEngine } from '@zoo/engine';
import { cifarResnet } from '@zoo/resnet';
import { adamW, fit } from '@zoo/train';
import { loadLayersModel, saveLayersModel } from '@zoo/weights/node';
import { beforeAll, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';

import { expectEqualAnswers, predicted, writePictures } from './support';

/** From the guide's `flowFromDirectory` over `fit` to `zoo predict`. */

const CLASSES = { cat: [220, 60, 40], dog: [40, 80, 210] } as const;
const OPTIONS = { targetSize: 32, batchSize: 8, rescale: 1 / 255, validationSplit: 0.2, seed: 1 } as const;

const place = temporaryDirectory('suite');

beforeAll(async () => {
  await writePictures(place('pictures'), CLASSES, 10);
});

describe("Keras' batches of a folder", () => {
  it.each(['rgb', 'grayscale'] as const)(
    'in %s train a network that zoo predict reads pictures for by the same options',
    async (colorMode) => {
      const engine = await selectEngine({ prefer: 'wasm' });
      const options = { ...OPTIONS, colorMode };
      const train = await flowFromDirectory(place('pictures'), { ...options, subset: 'training' });
      const validation = await flowFromDirectory(place('pictures'), {
        ...options,
        subset: 'validation',
        shuffle: false,
      });
      const model = cifarResnet(8, { classes: 2, inputShape: train.imageShape, seed: 1 });
      const { epochs } = await fit(model, {
        train,
        validation,
        epochs: 3,
        optimizer: adamW({ learningRate: 0.001 }),
      });
      expect(epochs.map(({ metrics }) => Number.isFinite(metrics['valLoss']))).toEqual([true, true, true]);
      await saveLayersModel(model, place(colorMode));
      model.dispose();
      const saved = await loadLayersModel(place(colorMode));
      const expected: Record<string, number>[] = [];
      const sources: string[] = [];
      for await (const batch of validation.batches({ epoch: 0 })) {
        const answers = saved.predict(batch.images) as tf.Tensor2D;
        for (const [cat, dog] of await answers.array()) expected.push({ cat: cat!, dog: dog! });
        sources.push(...batch.sources);
        answers.dispose();
        disposeBatch(batch);
      }
      saved.dispose();
      await engine.dispose();
      expect(sources).toHaveLength(4);
      for (const [index, source] of sources.entries())
        expectEqualAnswers(await predicted(place(colorMode), source), expected[index]!, 1e-5);
    },
  );

  it('whose labels are numbers are refused by fit, which says what it reads', async () => {
    const engine = await selectEngine({ prefer: 'wasm' });
    const train = await flowFromDirectory(place('pictures'), { targetSize: 32, classMode: 'sparse' });
    const model = cifarResnet(8, { classes: 2, inputShape: [32, 32, 3], seed: 1 });
    await expect(fit(model, { train, epochs: 1, optimizer: adamW({ learningRate: 0.001 }) })).rejects.toThrow(
      /^Expected \[20, 2\], one row per picture/,
    );
    model.dispose();
    await engine.dispose();
  });
});
