import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs-core';
import { selectEngine, type SelectedEngine } from '@zoo/engine';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { isOracleAbsent, ORACLE_NOTE, runOracle } from '../../../test-support/oracle-python';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { loadNetwork, pooledFeatures } from '../src';

interface Values {
  readonly shape: number[];
  readonly values: number[];
}

/** One or more of each stem and of each of timm's modules. */
const NAMES = [
  'test_resnet',
  'resnet18',
  'resnet18d',
  'resnet10t',
  'resnetv2_18d',
  'resnetv2_50x1_bit',
  'legacy_seresnet18',
];
const CHANNELS = [1, 2, 4, 5];

describe.skipIf(isOracleAbsent)(`weights of timm’s for other channels and classes${ORACLE_NOTE}`, () => {
  const place = temporaryDirectory('suite');
  let engine: SelectedEngine;
  let answers: Readonly<Record<string, readonly { picture: Values; features: Values }[]>>;

  beforeAll(async () => {
    engine = await selectEngine({ prefer: 'wasm', purpose: 'infer' });
    await mkdir(place('weights'));
    const job = { names: NAMES, channels: CHANNELS, directory: place('weights') };
    answers = await runOracle(
      fileURLToPath(new URL('adapt_network.py', import.meta.url)),
      job,
      place('job.json'),
    );
  }, 300_000);
  afterAll(() => engine.dispose());
  beforeEach(() => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  });

  it.each(NAMES)('%s sees what timm’s in_chans sees', async (name) => {
    for (const [index, channels] of CHANNELS.entries()) {
      const model = await loadNetwork(place('weights', `${name}.safetensors`), {
        imageSize: [64, 64],
        adapt: { channels, classes: 5, seed: 1 },
      });
      expect(model.outputs[0]!.shape).toEqual([null, 5]);
      const { picture, features } = answers[name]![index]!;
      const seen = tf.tidy(() =>
        (pooledFeatures(model).predict(tf.tensor(picture.values, picture.shape)) as tf.Tensor).dataSync(),
      );
      model.dispose();
      const largest = Math.max(...features.values.map(Math.abs));
      const distance = Math.max(...features.values.map((value, i) => Math.abs(value - seen[i]!)));
      expect(distance / largest, `${channels} channels`).toBeLessThan(1e-4);
    }
  });
});
