import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '@zoo/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { selectEngine, tuneWebgpuProducts, type SelectedEngine } from '../src';
import type { TileShape } from '../src/engines/webgpu/kernels/tile-shape';
import { TileTable, type ProductPlan } from '../src/engines/webgpu/kernels/tile-table';
import { runningContext } from '../src/engines/webgpu/running-engine';
import { expectClose, randomTensor, valuesOn } from '../test/contract/contract-case';

import { isWebgpuAbsent, WEBGPU_NOTE } from './webgpu-here';

/** What the contract's tile has not, with blocks as small as they come: software compiles the large ones for half a minute. */
const TILES: Readonly<Record<string, TileShape>> = {
  'two panels': { rows: 32, columns: 32, depth: 8, threadRows: 4, threadColumns: 4, panels: 2 },
  'deep panels, more rows than columns': {
    ...{ rows: 64, columns: 32, depth: 32, threadRows: 8, threadColumns: 4, panels: 1 },
  },
};

/** A table that has one plan for everything. */
class FixedPlan extends TileTable {
  constructor(private readonly fixed: ProductPlan) {
    super();
  }

  override plan(): ProductPlan {
    return this.fixed;
  }
}

/** Products of every layout of operands: matrices with and without transposes, and a convolution with its gradients. */
function products(): tf.Tensor[] {
  const random = createRandom(8);
  const matrices = [false, true].flatMap((transposeA) =>
    [false, true].map((transposeB) => {
      const a = randomTensor(random.fork('a'), transposeA ? [68, 70] : [70, 68]);
      const b = randomTensor(random.fork('b'), transposeB ? [72, 68] : [68, 72]);
      return tf.matMul(a, b, transposeA, transposeB);
    }),
  );
  const x = randomTensor(random.fork('x'), [2, 9, 7, 12]);
  const filter = randomTensor(random.fork('filter'), [3, 3, 12, 36]);
  const convolve = (image: tf.Tensor, weights: tf.Tensor) =>
    tf.conv2d(image as tf.Tensor4D, weights as tf.Tensor4D, 1, 'same');
  const dy = randomTensor(random.fork('dy'), [2, 9, 7, 36]);
  return [...matrices, convolve(x, filter), ...tf.grads(convolve)([x, filter], dy)];
}

describe.skipIf(isWebgpuAbsent)(`products on WebGPU${WEBGPU_NOTE}`, () => {
  let engine: SelectedEngine;
  beforeAll(async () => {
    engine = await selectEngine({ prefer: 'webgpu' });
  });
  afterAll(() => engine.dispose());

  for (const [name, tile] of Object.entries(TILES)) {
    for (const splits of [1, 3]) {
      it(`are right by tiles of ${name}, the depth in ${splits}`, async () => {
        const expected = await valuesOn('cpu', products);
        const { products: settings } = runningContext()!;
        const { tiles } = settings;
        settings.tiles = new FixedPlan({ tile, splits });
        try {
          const actual = await valuesOn('webgpu', products);
          actual.forEach((values, index) => expectClose(values, expected[index]!, 1e-4, `product ${index}`));
        } finally {
          settings.tiles = tiles;
        }
      });
    }
  }

  it('are tuned: every product of the run is timed, and computed by its fastest plan afterwards', async () => {
    await tf.setBackend('webgpu');
    const tensorsBefore = tf.memory().numTensors;
    const run = () => tf.tidy(() => void tf.matMul(tf.ones([40, 8]), tf.ones([8, 24])));
    const [tuned, ...others] = await tuneWebgpuProducts(run, { durationMs: 1 });
    expect(others).toEqual([]);
    expect(tuned).toMatchObject({ kind: 'matMul', size: { rows: 40, columns: 24, depth: 8 }, count: 1 });
    const best = tuned!.plans[0]!;
    expect(best.difference).toBeLessThan(1e-5);
    expect(runningContext()!.products.tiles.plan('matMul', tuned!.size)).toEqual({
      tile: best.tile,
      splits: best.splits,
    });
    expect(tf.memory().numTensors).toBe(tensorsBefore);
  });
});

it.skipIf(isWebgpuAbsent)('products in float16 are refused in words where the card has none', async () => {
  const attempt = selectEngine({ prefer: 'webgpu', precision: 'float16' });
  const outcome = await attempt.then(
    (engine) => engine.dispose().then(() => engine.reason),
    (error: unknown) => (error as Error).message,
  );
  expect(outcome).toMatch(/WebGPU on|no 16-bit floats/);
});
