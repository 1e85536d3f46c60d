import { existsSync } from 'node:fs';
import type * as fileSystem from 'node:fs/promises';
import { join } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it, vi } from 'vitest';

import { temporaryDirectory } from '../../../../test-support/temporary-directory';
import { adamW, evaluate, fit } from '../../src';
import { checkpoint, loadBestWeights, loadCheckpoint } from '../../src/node';
import { memorySource } from '../support/memory-source';
import { tinyModel } from '../support/tiny-model';

const life = vi.hoisted(() => ({ left: Infinity }));

vi.mock('node:fs/promises', async (importOriginal) => {
  const { mortalDisk } = await import('../../../../test-support/mortal-disk');
  return mortalDisk(await importOriginal<typeof fileSystem>(), life);
});

const place = temporaryDirectory();

beforeAll(async () => {
  await tf.setBackend('cpu');
});

it('best weights and the record of the best epoch agree, whichever change of the disk a kill comes before', async () => {
  const validation = memorySource({ seed: 2, exampleCount: 6 });
  const other = tinyModel({ seed: 99 });
  const seen = new Set<number>();
  for (let moment = 0, isOver = false; !isOver; moment++) {
    const directory = place(String(moment));
    const model = tinyModel();
    const options = {
      train: memorySource(),
      validation,
      epochs: 3,
      optimizer: adamW({ learningRate: 0.01 }),
      callbacks: [checkpoint({ directory, monitor: 'loss' })],
    };
    life.left = moment;
    isOver = await fit(model, options).then(
      () => true,
      () => false,
    );
    life.left = Infinity;
    model.dispose();
    if (!existsSync(join(directory, 'last.safetensors'))) continue;
    const { epoch, metrics } = await loadBestWeights(directory, other);
    expect((await evaluate(other, validation)).loss, `killed before change ${moment}`).toBeCloseTo(
      metrics['valLoss']!,
      6,
    );
    expect(epoch).toBeLessThanOrEqual((await loadCheckpoint(directory, other)).epoch);
    seen.add(epoch);
  }
  // Kills between the epochs, too.
  expect(seen.size).toBeGreaterThan(1);
  other.dispose();
}, 120_000);
