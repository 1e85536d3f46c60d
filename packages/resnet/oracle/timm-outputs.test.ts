import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs-core';
import { selectEngine, type SelectedEngine } from '@zoo/engine';
import { loadTorchWeights } from '@zoo/weights';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { isOracleAbsent, ORACLE_NOTE, runOracle } from '../../../vitest.oracle-python';
import { createResnet, features } from '../src';
import { timmArchitectures } from '../src/networks';

interface Values {
  readonly shape: number[];
  readonly values: number[];
}

interface Answer {
  readonly picture: Values;
  readonly stages: readonly Values[];
  readonly output: Values;
}

/** The smallest picture that builders take, and one of odd sides. */
const SIZES = [
  [32, 32],
  [65, 71],
] as const;

/** One for each stem, shortcut, gate and grouping; `ZOO_ORACLE_ALL=1` takes all up to 100 million parameters. */
const NAMES =
  process.env['ZOO_ORACLE_ALL'] === undefined
    ? ['resnet26', 'resnet26d', 'resnet50s', 'seresnext26d_32x4d']
    : Object.keys(timmArchitectures()).filter((name) => !/32x16d|32x32d|269d/.test(name));

const SCRIPT = fileURLToPath(new URL('timm_outputs.py', import.meta.url));

/** Largest difference, as a share of the largest value. */
function relativeError(ours: tf.Tensor, { shape, values }: Values): number {
  expect(ours.shape).toEqual(shape);
  const own = ours.dataSync();
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return values.reduce((most, value, i) => Math.max(most, Math.abs(value - own[i]!)), 0) / largest;
}

describe.skipIf(isOracleAbsent)(`on wasm, with timm's weights by their names${ORACLE_NOTE}`, () => {
  let engine: SelectedEngine;
  let directory: string;

  beforeAll(async () => {
    engine = await selectEngine({ prefer: 'wasm', purpose: 'infer' });
    directory = await mkdtemp(join(tmpdir(), 'zoo-timm-'));
  });
  afterAll(async () => {
    await engine.dispose();
    await rm(directory, { recursive: true, force: true });
  });

  it.each(NAMES)('every stage and the output of %s are timm’s within 1e-4', async (name) => {
    const job = { names: [name], sizes: SIZES, directory };
    const answers = await runOracle<Record<string, Answer[]>>(SCRIPT, job, join(directory, 'job.json'));
    for (const { picture, stages, output } of answers[name]!) {
      const inputShape = picture.shape.slice(1) as [number, number, number];
      const model = createResnet(name, {
        inputShape,
        classes: 10,
        classifierActivation: null,
        kernelInitializer: 'zeros',
      });
      await loadTorchWeights(model, join(directory, `${name}.safetensors`));
      const staged = features(model, ['stage1', 'stage2', 'stage3', 'stage4']);
      tf.tidy(() => {
        const x = tf.tensor(picture.values, picture.shape);
        expect(relativeError(model.predict(x) as tf.Tensor, output)).toBeLessThan(1e-4);
        const maps = staged.predict(x) as tf.Tensor[];
        stages.forEach((stage, i) => {
          expect(relativeError(maps[i]!, stage)).toBeLessThan(1e-4);
        });
      });
      model.dispose();
    }
  });
});
