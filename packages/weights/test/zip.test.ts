import { readFileSync } from 'node:fs';

import { unzipSync, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';

import { loadKerasModel } from '../src/index';

const KERAS = readFileSync(new URL('fixtures/keras3.keras', import.meta.url));

/** The fixture, compressed, its weights followed by zeros. */
function withZeros(count: number): Uint8Array {
  const files = unzipSync(KERAS);
  const weights = files['model.weights.h5']!;
  const padded = new Uint8Array(weights.length + count);
  padded.set(weights);
  return zipSync({ ...files, 'model.weights.h5': padded }, { level: 1 });
}

describe('an archive', () => {
  it('whose weights are compressed is read', async () => {
    const model = await loadKerasModel(withZeros(1_000_000));
    expect(model.countParams()).toBeGreaterThan(0);
    model.dispose();
  });

  it('that unpacks to far more than it holds is refused before it is unpacked', async () => {
    const bomb = withZeros(160 * 1024 * 1024);
    const [start, memory] = [performance.now(), process.memoryUsage().arrayBuffers];
    await expect(loadKerasModel(bomb)).rejects.toMatchObject({
      code: 'invalid-file',
      message: expect.stringMatching(/unpacks from \d+ to 167\d+ bytes, as no weights do/) as string,
    });
    expect(performance.now() - start).toBeLessThan(1000);
    expect(process.memoryUsage().arrayBuffers - memory).toBeLessThan(64 * 1024 * 1024);
  });
});
