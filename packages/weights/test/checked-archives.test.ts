import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { crc32 as zlibCrc32 } from 'node:zlib';

import * as tf from '@tensorflow/tfjs-core';
import { isZooError } from '@zoo/core';
import fc from 'fast-check';
import { unzipSync, zipSync } from 'fflate';
import { beforeAll, describe, expect, it } from 'vitest';

import { loadKerasModel, loadKerasOptimizer } from '../src/node';
import { memorySource } from '../src/source/byte-source';
import { checkedSource } from '../src/source/checked-source';
import { crc32, crc32ByTables, joinCrc32 } from '../src/source/crc32';
import { openTorchFile } from '../src/torch/open-torch-file';

const fixture = (name: string) =>
  new Uint8Array(readFileSync(fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))));

beforeAll(() => tf.setBackend('cpu'));

describe('CRC-32', () => {
  it('is that of the ISO 3309 check value, by either way', () => {
    const bytes = new TextEncoder().encode('123456789');
    expect([crc32(bytes), crc32ByTables(bytes)]).toEqual([0xcbf43926, 0xcbf43926]);
  });

  it("is zlib's for any bytes, whole or joined of two parts", () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    fc.assert(
      fc.property(bytes, bytes, (first, second) => {
        const expected = zlibCrc32(Buffer.concat([first, second]));
        expect(crc32ByTables(Buffer.concat([first, second]))).toBe(expected);
        expect(joinCrc32(crc32(first), crc32(second), second.length)).toBe(expected);
      }),
    );
  });
});

describe('a checked source', () => {
  it('knows its checksum after reads in any order, twice or not at all, and reads no byte twice by itself', async () => {
    const bytes = Uint8Array.from({ length: 100 }, (_, i) => (i * 37) % 251);
    const reads = fc.array(fc.tuple(fc.nat({ max: 99 }), fc.nat({ max: 60 })), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(reads, async (places) => {
        const inner = memorySource(bytes);
        const read = new Set<number>();
        const counting = {
          ...inner,
          read: (offset: number, length: number) => {
            for (let i = offset; i < offset + length; i++) read.add(i);
            return inner.read(offset, length);
          },
        };
        const source = checkedSource(counting, zlibCrc32(bytes));
        for (const [offset, length] of places) await source.read(offset, Math.min(length, 100 - offset));
        const asked = read.size;
        let extra = 0;
        counting.read = (_offset, length) => {
          extra += length;
          return inner.read(_offset, length);
        };
        await source.verify();
        expect(asked + extra).toBe(100);
        await expect(checkedSource(inner, 1).verify()).rejects.toMatchObject({ code: 'invalid-file' });
      }),
    );
  });
});

/** What a file holds, as text: of a damaged one the error's code. */
async function outcome(load: () => Promise<string>): Promise<string> {
  try {
    return await load();
  } catch (error) {
    if (isZooError(error)) return error.code;
    throw error;
  }
}

async function kerasValues(bytes: Uint8Array): Promise<string> {
  const model = await loadKerasModel(bytes);
  try {
    const { slots, iterations } = await loadKerasOptimizer(model, bytes);
    const weights = model.weights.map((weight) => [...weight.read().dataSync()]);
    return JSON.stringify([
      weights,
      iterations,
      Array.from(slots, ([key, { values }]) => [key, [...values]]),
    ]);
  } finally {
    model.dispose();
  }
}

async function torchValues(bytes: Uint8Array): Promise<string> {
  const file = await openTorchFile(memorySource(bytes));
  const values = [];
  for (const { name, read } of file.tensors) values.push([name, [...(await read())].map(String)]);
  await file.verify?.();
  return JSON.stringify(values);
}

describe.each([
  ['a .keras', 'optimizer-3.keras', kerasValues],
  ['a PyTorch archive', 'torch-zip.pth', torchValues],
])('%s with one flipped bit', (_, name, read) => {
  it('gives its values or a typed error, and never other values', async () => {
    const sound = fixture(name);
    const expected = await read(sound);
    const wrong: string[] = [];
    const step = Math.max(1, Math.floor(sound.length / 400));
    for (let at = 0; at < sound.length; at += step) {
      const damaged = sound.slice();
      damaged[at]! ^= 1 << (at % 8);
      const result = await outcome(() => read(damaged));
      if (result !== expected && !/^[a-z-]+$/.test(result)) wrong.push(`byte ${at}: ${result.slice(0, 80)}`);
    }
    expect(wrong).toEqual([]);
  });
});

it('a compressed member of other bytes than its checksum is refused', async () => {
  const files = unzipSync(fixture('optimizer-3.keras'));
  const packed = zipSync(files, { level: 6 });
  const expected = await kerasValues(packed);
  expect(expected).toBe(await kerasValues(fixture('optimizer-3.keras')));
  // The checksum in the directory, of the first member.
  const view = new DataView(packed.buffer);
  let directory = packed.length - 22;
  while (view.getUint32(directory, true) !== 0x06054b50) directory--;
  packed[view.getUint32(directory + 16, true) + 16]! ^= 1;
  expect(await outcome(() => kerasValues(packed))).toBe('invalid-file');
});
