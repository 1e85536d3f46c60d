import { readFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { bounded, boundedError } from '../../../test-support/bounded';
import { readChunks } from '../src/hdf5/chunks';
import { FileContext } from '../src/hdf5/file-context';
import type { Filter } from '../src/hdf5/filters';
import { memorySource } from '../src/index';

const REFUSAL = /far beyond the sizes of their datasets/;

it('chunks that unpack to far more than their dataset are refused before they are read', async () => {
  const bytes = readFileSync(new URL('fixtures/hdf5-chunk-indexes.h5', import.meta.url));
  const source = memorySource(new Uint8Array(bytes));
  // The list of 1,050 chunks, said to be of 400 kB for an element each.
  const address = bytes.indexOf('FAHD', bytes.indexOf('FAHD') + 1);
  const shape = [1050, 1];
  const index = { kind: 'fixed-array', address, hasPlainEdges: false } as const;
  const chunks = {
    index,
    shape,
    maximumShape: shape,
    chunkShape: [1, 100_000],
    elementBytes: 4,
    filters: [],
  };
  const context = new FileContext(source, source, 0, 8, 8);
  const { message } = await boundedError(() => readChunks(context, chunks, new Uint8Array(4 * 1050)));
  expect(message).toMatch(REFUSAL);
});

describe('a chunk that is far larger than its dataset', () => {
  const packed = new Uint8Array(deflateSync(Buffer.alloc(4_000_000)));
  const source = memorySource(packed);
  const deflate = { id: 1, values: [] };
  const shuffle = { id: 2, values: [4] };
  const newContext = () => new FileContext(source, source, 0, 8, 8);
  const single = { storedBytes: packed.length, filterMask: 0 };
  const index = { kind: 'single', address: 0, hasPlainEdges: false, single } as const;
  const shape = [3, 3];
  const sizes = { index, shape, maximumShape: shape, chunkShape: [1000, 1000], elementBytes: 4 };
  const read = (context: FileContext, filters: Filter[]) =>
    readChunks(context, { ...sizes, filters }, new Uint8Array(36));

  it('is read, as one that may grow has it', async () => {
    expect(await bounded(() => read(newContext(), [shuffle, deflate]))).not.toBeInstanceOf(Error);
  });

  it('is refused where so many filters have packed it that they take long', async () => {
    const filters = [...Array<Filter>(70).fill(shuffle), deflate];
    expect((await boundedError(() => read(newContext(), filters))).message).toMatch(REFUSAL);
  });

  it('is refused where a hundred datasets lead to it', async () => {
    const context = newContext();
    const all = async () => {
      for (let i = 0; i < 100; i++) await read(context, [deflate]);
    };
    expect((await boundedError(all)).message).toMatch(REFUSAL);
  });
});
