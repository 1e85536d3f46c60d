import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs';
import { loadTorchWeights } from '@zoo/weights';
import { describe, expect, it } from 'vitest';

import { cifarResnet } from '../src/index';

const DATA =
  process.env['ZOO_REAL_DATA'] ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url));
const hasData = existsSync(join(DATA, 'torch'));
if (!hasData) process.stderr.write(`tests on real PyTorch files skipped: none at ${DATA}\n`);

describe.skipIf(!hasData)('akamaster’s CIFAR nets', () => {
  it.each([
    [20, 'resnet20-12fca82f'],
    [56, 'resnet56-4bfd9763'],
  ])('ResNet-%i takes every weight of %s', async (depth, name) => {
    const model = cifarResnet(depth, { shortcut: 'subsample-pad-both', kernelInitializer: 'zeros' });
    const report = await loadTorchWeights(model, join(DATA, `torch/${name}.th`));
    expect(report.loaded).toHaveLength(model.weights.length);
    expect(
      model.weights.every((weight) =>
        tf.tidy(() => tf.any(tf.notEqual(weight.read(), 0)).dataSync()[0] === 1),
      ),
    ).toBe(true);
    model.dispose();
  });
});
