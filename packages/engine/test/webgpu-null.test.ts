import * as tf from '@tensorflow/tfjs-core';
import { batchNormTraining, isZooError } from '@zoo/core';
import { afterEach, describe, expect, it } from 'vitest';

import { profileKernels, selectEngine, type SelectedEngine } from '../src';

/** Dawn's null device takes commands and computes nothing; it needs no card and no driver, and has 512 MB of memory. */
describe("webgpu on Dawn's null device", () => {
  let engine: SelectedEngine | undefined;
  const start = async (): Promise<void> => {
    engine = await selectEngine({ prefer: 'webgpu', card: 'null' });
  };
  afterEach(() => engine?.dispose());

  it('says that nothing is computed', async () => {
    await start();
    expect(engine!.reason).toContain("Dawn's null device, which computes nothing");
  });

  it('names the need and a smaller batch when the device has no more memory', async () => {
    await start();
    const held: tf.Tensor[] = [tf.zeros([8, 200, 200, 64])];
    const fill = async (): Promise<void> => {
      while (held.length < 20) {
        held.push(tf.add(held[0]!, 1));
        await tf.nextFrame();
      }
    };
    const error = await fill().catch((reason: unknown) => reason);
    tf.dispose(held);
    expect(isZooError(error, 'out-of-memory'), String(error)).toBe(true);
    expect((error as Error).message).toMatch(
      /needs 82 MB more on the webgpu engine.*batch size of 4 instead of 8/,
    );
  });

  it('has bindings enough for a step of training, as few as it has', async () => {
    await start();
    const kernel = tf.randomNormal<tf.Rank.R4>([3, 3, 4, 4], 0, 1, 'float32', 1);
    const [scale, offset] = [tf.ones<tf.Rank.R1>([4]), tf.zeros<tf.Rank.R1>([4])];
    const [mean, variance] = [tf.variable(offset, false), tf.variable(scale, false)];
    const movingAverages = { mean, variance, momentum: 0.9 };
    const gradients = tf.grads((filter, gamma, beta) => {
      const x = tf.ones<tf.Rank.R4>([2, 8, 8, 4]);
      const y = tf.conv2d(x, filter as tf.Tensor4D, 1, 'same');
      const normalized = batchNormTraining(y, gamma as tf.Tensor1D, beta as tf.Tensor1D, { movingAverages });
      // The most that a pass binds: the sum and the ReLU are part of batch norm's.
      return tf.sum(tf.relu(tf.add(x, normalized)));
    })([kernel, scale, offset]);
    // A command that the device refuses is thrown at whoever reads.
    await Promise.all(gradients.map((gradient) => gradient.data()));
    tf.dispose([kernel, scale, offset, mean, variance, ...gradients]);
  });

  it('sends hundreds of commands at once and uses every buffer again', async () => {
    await start();
    const compute = async (): Promise<void> => {
      const result = tf.tidy(() => {
        let x: tf.Tensor = tf.fill([50, 50], 1);
        for (let index = 0; index < 200; index++) x = tf.mul(tf.add(x, 1), x);
        return x;
      });
      await result.data();
      result.dispose();
    };
    await compute();
    const profile = await profileKernels(compute, { timed: false });
    expect(profile.dispatches).toBeGreaterThanOrEqual(400);
    expect(profile.submissions).toBeLessThanOrEqual(3);
    expect(profile.createdBuffers).toBe(0);
  });

  it('reads many tensors that are asked for together after one submission', async () => {
    await start();
    const tensors = Array.from({ length: 40 }, (_, index) => tf.fill([4, 4], index));
    const sums = tensors.map((tensor) => tf.add(tensor, 1));
    const profile = await profileKernels(() => Promise.all(sums.map((sum) => sum.data())), { timed: false });
    expect(profile.submissions).toBe(1);
    tf.dispose([tensors, sums]);
  });
});
