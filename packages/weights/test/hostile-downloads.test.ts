import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { isZooError } from '@zoo/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { downloadVerified } from '../src/node';

import {
  HOSTILE_CASES,
  hostileFile,
  LARGEST_GROWTH_BYTES,
  LONGEST_MS,
  SHORT_LIMITS,
  startHostileServer,
  type HostileServer,
  type Outcome,
} from './support/hostile-server';

const file = hostileFile();
const HASH = { algorithm: 'sha256', digest: createHash('sha256').update(file).digest('hex') } as const;
const { idleTimeoutMs, totalTimeoutMs } = SHORT_LIMITS;

let server: HostileServer;
const place = temporaryDirectory();
let path: string;

beforeAll(async () => {
  server = await startHostileServer(file);
});
afterAll(() => {
  server.close();
});
beforeEach(() => {
  path = place('cache', 'weights.h5');
});

const download = (index: number, signal?: AbortSignal): Promise<void> =>
  downloadVerified(`${server.address}${index}/file`, path, HASH, {
    sizeBytes: file.length,
    requests: { idleTimeoutMs, totalTimeoutMs },
    ...(signal && { signal }),
  });

async function expectOutcome(index: number, expected: Outcome): Promise<void> {
  const [start, memory] = [performance.now(), process.memoryUsage().rss];
  const error: unknown = await download(index).catch((reason: unknown) => reason);
  expect(performance.now() - start).toBeLessThan(LONGEST_MS);
  expect(process.memoryUsage().rss - memory).toBeLessThan(LARGEST_GROWTH_BYTES);
  const names = await readdir(dirname(path));
  if (error === undefined) {
    expect(expected).toBe('right');
    expect(file.equals(await readFile(path))).toBe(true);
    expect(names).toEqual(['weights.h5']);
    return;
  }
  if (!(error instanceof Error)) throw new Error('what is thrown is no error', { cause: error });
  if (expected === 'right') throw error;
  if (!isZooError(error, 'download')) throw error;
  expect(error.message).toMatch(expected);
  // The file is there whole or not at all, and no more of it than it may have.
  expect(names.filter((name) => name !== 'weights.h5.part')).toEqual([]);
  const part = await stat(`${path}.part`).catch(() => undefined);
  expect(part?.size ?? 0).toBeLessThan(file.length + 2 ** 20 + 65537);
}

const cases = HOSTILE_CASES.map(({ name, download: anew, resume = anew }, index) => ({
  name,
  anew,
  resume,
  index,
}));

describe(`downloads from a server with one of ${cases.length} manners`, () => {
  it.each(cases)('$name', ({ index, anew }) => expectOutcome(index, anew));
});

describe('downloads that go on from what is there, from such a server', () => {
  it.each(cases)('$name', async ({ index, resume }) => {
    await mkdir(dirname(path));
    await writeFile(`${path}.part`, file.subarray(0, 100_000));
    await expectOutcome(index, resume);
  });
});

describe('a download', () => {
  it.each(['silence', 'silence amid the body', 'a head that drips'])(
    'hears an abort within 100 ms: %s',
    async (name) => {
      const controller = new AbortController();
      const index = cases.findIndex((each) => each.name === name);
      const downloading = download(index, controller.signal).catch((error: unknown) => error);
      await new Promise((resolve) => setTimeout(resolve, 50));
      const start = performance.now();
      const reason = new Error('enough');
      controller.abort(reason);
      expect(await downloading).toBe(reason);
      expect(performance.now() - start).toBeLessThan(100);
    },
  );

  it('that waits for another process hears an abort within 100 ms, with the signal’s own reason', async () => {
    const silent = cases.findIndex(({ name }) => name === 'silence amid the body');
    const first = download(silent).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const controller = new AbortController();
    const waiting = download(silent, controller.signal).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const start = performance.now();
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await waiting).toBe(reason);
    expect(performance.now() - start).toBeLessThan(100);
    await first;
  });
});
