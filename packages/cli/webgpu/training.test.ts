import * as tf from '@tensorflow/tfjs-core';
import { createRandom, isZooError, type Batch, type BatchSource } from '@zoo/core';
import { selectEngine, type EngineName } from '@zoo/engine';
import { cifarResnet } from '@zoo/resnet';
import { fit, sgd, type Callback } from '@zoo/train';
import { checkpoint, loadCheckpoint } from '@zoo/train/node';
import { describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { isWebgpuAbsent, WEBGPU_NOTE } from '../../engine/webgpu/webgpu-here';

const place = temporaryDirectory();

const CLASSES = 10;

/** Random pictures, the same for the same seed, whose class is that of their brightest band. */
function pictures(steps: number, batchSize: number, size: number): BatchSource {
  const random = createRandom(5);
  const makeBatch = (index: number): Batch => {
    const draws = random.fork('batch', index);
    const classes = Array.from({ length: batchSize }, () => draws.integer(0, CLASSES - 1));
    const values = new Float32Array(batchSize * size * size * 3);
    const bandRows = Math.max(1, size / CLASSES);
    values.forEach((_, at) => {
      const row = Math.floor(at / (size * 3)) % size;
      const isBand = Math.floor(row / bandRows) === classes[Math.floor(at / (size * size * 3))];
      values[at] = draws.normal() + (isBand ? 2 : 0);
    });
    // First what may fail, on a card that is lost.
    const labels = tf.tidy(() => tf.cast(tf.oneHot(classes, CLASSES), 'float32') as tf.Tensor2D);
    return { images: tf.tensor4d(values, [batchSize, size, size, 3]), labels, sources: [] };
  };
  return {
    classNames: Array.from({ length: CLASSES }, (_, index) => `class ${index}`),
    imageShape: [size, size, 3],
    exampleCount: steps * batchSize,
    batchSize,
    batchesPerEpoch: steps,

    batches: async function* ({ firstBatch = 0 }) {
      for (let index = firstBatch; index < steps; index++) yield await Promise.resolve(makeBatch(index));
    },
  };
}

/** Losses of a ResNet-8's first steps on an engine. */
async function lossesOn(name: EngineName, steps: number): Promise<number[]> {
  const engine = await selectEngine({ prefer: name });
  try {
    const model = cifarResnet(8, { inputShape: [8, 8, 3], classes: CLASSES, weights: null, seed: 1 });
    const losses: number[] = [];
    const listen: Callback = { name: 'listen', onStepEnd: (_run, { loss }) => void losses.push(loss) };
    const optimizer = sgd({ learningRate: 0.01, momentum: 0.9, weightDecay: 1e-4 });
    await fit(model, { train: pictures(steps, 4, 8), epochs: 1, optimizer, callbacks: [listen] });
    model.dispose();
    return losses;
  } finally {
    await engine.dispose();
  }
}

describe.skipIf(isWebgpuAbsent)(`training on WebGPU in Node.js${WEBGPU_NOTE}`, () => {
  it('loses in 20 steps of a ResNet-8 what wasm loses', async () => {
    const steps = 20;
    const actual = await lossesOn('webgpu', steps);
    const expected = await lossesOn('wasm', steps);
    expect(actual).toHaveLength(steps);
    actual.forEach((loss, step) => {
      expect(Math.abs(loss - expected[step]!) / expected[step]!, `step ${step + 1}`).toBeLessThan(1e-4);
    });
    expect(actual.at(-1)).toBeLessThan(actual[0]!);
  });

  it('ends with a typed error and a whole last checkpoint when the card is lost', async () => {
    const directory = place();
    const engine = await selectEngine({ prefer: 'webgpu' });
    const model = cifarResnet(8, { inputShape: [8, 8, 3], classes: CLASSES, weights: null, seed: 1 });
    const optimizer = sgd({ learningRate: 0.01 });
    const { device } = tf.backend() as unknown as { device: { destroy(): void } };
    const lose: Callback = {
      name: 'lose',
      onStepEnd: (_run, { step }) => {
        if (step === 4) device.destroy();
      },
    };
    const outcome = await fit(model, {
      train: pictures(3, 2, 8),
      epochs: 3,
      optimizer,
      callbacks: [checkpoint({ directory }), lose],
    }).catch((error: unknown) => error);
    expect(isZooError(outcome, 'device-lost'), String(outcome)).toBe(true);
    expect((await loadCheckpoint(directory, model)).epoch).toBe(1);
    model.dispose();
    await engine.dispose();
  });
});
