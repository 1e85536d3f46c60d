import { PIXEL_NORMALIZATIONS } from '@zoo/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { keepMemory, memoryOf, sharedMemory } from '../src/batches/batch-memory';
import { pictureWriter } from '../src/batches/normalize-pixels';
import { valuesPrograms } from '../src/batches/picture-pass';
import { runHere } from '../src/batches/pixels-after';
import { rgbImage, type DecodedImage } from '../src/image/decoded-image';
import { runProgram } from '../src/image/picture-kernels';
import { runOnThreads } from '../src/node/picture-threads';

import { noise } from './support/pictures';

/** Where a picture's values begin in the batch, how large it is, whether it is mirrored, and its normalization. */
const CASE = fc.record({
  before: fc.integer({ min: 0, max: 9 }),
  height: fc.integer({ min: 1, max: 20 }),
  width: fc.integer({ min: 1, max: 20 }),
  isMirrored: fc.boolean(),
  name: fc.constantFrom('scale', 'tf', 'torch', 'caffe'),
});

const GUARD = 12_345;

describe('values that are made where the batch lies', () => {
  it.each([
    ['this thread', 0],
    ['another', 1],
  ])('are those of the plain path, and nothing beside them changes, on %s', async (_, workers) => {
    const run = workers === 0 ? runHere : runOnThreads(workers);
    const property = fc.asyncProperty(CASE, async ({ before, height, width, isMirrored, name }) => {
      const picture = noise(height, width, before);
      const { write } = pictureWriter('rgb', PIXEL_NORMALIZATIONS[name], 'normalization');
      const expected = new Float32Array(height * width * 3);
      const program = valuesPrograms('rgb', PIXEL_NORMALIZATIONS[name])(
        picture,
        isMirrored ? [{ kind: 'flip', axis: 'horizontal' }] : [],
      );
      write(isMirrored ? mirrored(picture) : picture, expected, 0);
      const buffer = sharedMemory(4 * (before + expected.length + 9));
      const batch = new Float32Array(buffer, 0, before + expected.length + 9).fill(GUARD);
      const target = new Uint8Array(buffer, 4 * before, 4 * expected.length);
      expect(await run(program, target)).toBe(true);
      expect([...batch.slice(before, before + expected.length)]).toEqual([...expected]);
      expect([...batch.slice(0, before), ...batch.slice(before + expected.length)]).toEqual(
        Array<number>(before + 9).fill(GUARD),
      );
    });
    await fc.assert(property, { numRuns: 150 });
  });

  it('lie in a memory that has grown since', async () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 4, shared: true });
    keepMemory(memory.buffer, memory);
    const program = valuesPrograms('rgb', PIXEL_NORMALIZATIONS.torch)(noise(8, 9), []);
    const expected = runProgram(program)!.slice();
    const early = new Uint8Array(memory.buffer, 16, expected.length);
    memory.grow(2);
    const run = runOnThreads(1);
    expect(await run(program, early)).toBe(true);
    expect(Buffer.compare(early, expected)).toBe(0);
    keepMemory(memory.buffer, memory);
    const late = new Uint8Array(memory.buffer, 2.5 * 65_536, expected.length);
    expect(await run(program, late)).toBe(true);
    expect(Buffer.compare(late, expected)).toBe(0);
    expect(memoryOf(new SharedArrayBuffer(8))).toBeUndefined();
  });
});

function mirrored({ pixels, height, width }: DecodedImage): DecodedImage {
  const flipped = pixels.slice();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + width - 1 - x) * 3;
      flipped.set(pixels.subarray(from, from + 3), (y * width + x) * 3);
    }
  }
  return rgbImage(height, width, flipped);
}
