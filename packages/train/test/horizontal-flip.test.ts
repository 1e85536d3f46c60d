import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';

import { evaluate } from '../src';

import { memorySource } from './support/memory-source';
import { tinyModel } from './support/tiny-model';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

it('averages the probabilities of each picture and its mirror image, and leaves no tensor', async () => {
  const model = tinyModel();
  const source = memorySource({ shuffle: false });
  const before = tf.memory().numTensors;
  const { predictions } = await evaluate(model, source, { horizontalFlip: true });
  expect(tf.memory().numTensors).toBe(before);
  let place = 0;
  for await (const { images, labels } of source.batches({ epoch: 0 })) {
    const expected = tf.tidy(() => {
      const own = model.predict(images) as tf.Tensor2D;
      const mirrored = model.predict(tf.reverse(images, 2)) as tf.Tensor2D;
      return tf.div(tf.add(own, mirrored), 2).arraySync() as number[][];
    });
    const rightful = labels.arraySync();
    for (const [index, probabilities] of expected.entries()) {
      const { probabilities: ours, loss, label } = predictions[place++]!;
      probabilities.forEach((value, i) => expect(ours[i]).toBeCloseTo(value, 5));
      expect(rightful[index]![label]).toBe(1);
      expect(loss).toBeCloseTo(-Math.log(probabilities[label]!), 4);
    }
    tf.dispose([images, labels]);
  }
  expect(place).toBe(predictions.length);
  model.dispose();
});
