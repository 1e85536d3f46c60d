import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs-core';
import type { BatchSource } from '@zoo/core';
import { selectEngine, type SelectedEngine } from '@zoo/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { isOracleAbsent, ORACLE_NOTE, runOracle } from '../../../test-support/oracle-python';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { fit, kerasSgd, loadKerasModel, type Callback } from '../src';

const STEPS = 50;
const BATCH = 32;
const PICTURE_VALUES = 32 * 32 * 3;

const script = fileURLToPath(new URL('resnet20_losses.py', import.meta.url));
const place = temporaryDirectory('suite');
let engine: SelectedEngine;
beforeAll(async () => {
  engine = await selectEngine({ prefer: 'wasm', purpose: 'train' });
});
afterAll(() => engine.dispose());

/** The pictures that Keras has saved, in its order. */
function batchesOf(pictures: Float32Array, labels: readonly number[]): BatchSource {
  return {
    classNames: Array.from({ length: 10 }, (_, index) => `class ${index}`),
    imageShape: [32, 32, 3],
    exampleCount: labels.length,
    batchSize: BATCH,
    batchesPerEpoch: STEPS,

    batches: async function* () {
      for (let step = 0; step < STEPS; step++) {
        const values = pictures.subarray(step * BATCH * PICTURE_VALUES, (step + 1) * BATCH * PICTURE_VALUES);
        const classes = tf.tensor1d(labels.slice(step * BATCH, (step + 1) * BATCH), 'int32');
        const images = tf.tensor4d(values, [BATCH, 32, 32, 3]);
        yield await Promise.resolve({ images, labels: tf.oneHot(classes, 10) as tf.Tensor2D, sources: [] });
        classes.dispose();
      }
    },
  };
}

interface KerasLosses {
  readonly labels: number[];
  /** One for each of the rates. */
  readonly runs: readonly {
    readonly losses: number[];
    /** Keras' own after the kernels were changed by one rounding. */
    readonly nudged: number[];
  }[];
}

/** How far losses lie from others, each relative. */
const departures = (losses: readonly number[], from: readonly number[]): number[] =>
  losses.map((loss, step) => Math.abs(loss / from[step]! - 1));

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe.skipIf(isOracleAbsent)(`losses of a ResNet-20 beside Keras${ORACLE_NOTE}`, () => {
  const prefix = place('resnet20');
  const [calm, fast] = [0.0005, 0.01];
  let keras: KerasLosses;
  beforeAll(async () => {
    const job = { prefix, steps: STEPS, batch: BATCH, rates: [calm, fast] };
    keras = await runOracle<KerasLosses>(script, job, place('job.json'));
  });

  async function lossesOf(learningRate: number): Promise<number[]> {
    const bytes = readFileSync(`${prefix}.pictures`);
    const pictures = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    const model = await loadKerasModel(`${prefix}.keras`);
    const losses: number[] = [];
    const log: Callback = {
      name: 'losses',
      onStepEnd: (_run, { loss }) => {
        losses.push(loss);
      },
    };
    await fit(model, {
      train: batchesOf(pictures, keras.labels),
      epochs: 1,
      optimizer: kerasSgd({ learningRate, momentum: 0.9 }),
      callbacks: [log],
    });
    model.dispose();
    return losses;
  }

  it(`are those of Keras within 1e-3 over ${STEPS} steps from the same weights and pictures`, async () => {
    const losses = await lossesOf(calm);
    // The network learns, so that the steps are more than the first one over again.
    expect(losses.at(-1)).toBeLessThan(0.9 * losses[0]!);
    expect(Math.max(...departures(losses, keras.runs[0]!.losses))).toBeLessThan(1e-3);
  });

  // Rounding grows from step to step then, in Keras too: what it makes of one is the measure, and ours differs by several.
  it('depart from Keras at a high rate about as Keras does from itself after one rounding', async () => {
    const losses = await lossesOf(fast);
    const { losses: expected, nudged } = keras.runs[1]!;
    expect(losses.at(-1)).toBeLessThan(0.1 * losses[0]!);
    expect(mean(departures(losses, expected))).toBeLessThan(3 * mean(departures(nudged, expected)));
  });
});
