import { isZooError } from '@zoo/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { urlSource } from '../src';

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
let server: HostileServer;

beforeAll(async () => {
  server = await startHostileServer(file);
});
afterAll(() => {
  server.close();
});

/** The whole file, read in pieces from the front and one from the end. */
async function readThrough(address: string, signal?: AbortSignal): Promise<Buffer> {
  const source = await urlSource(address, { requests: SHORT_LIMITS, ...(signal && { signal }) });
  try {
    const end = await source.read(source.sizeBytes - 10, 10);
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < source.sizeBytes - 10; at += 90_000) {
      pieces.push(await source.read(at, Math.min(90_000, source.sizeBytes - 10 - at)));
    }
    return Buffer.concat([...pieces, end]);
  } finally {
    await source.close!();
  }
}

function expectOutcome(found: unknown, expected: Outcome): void {
  if (!(found instanceof Error)) {
    expect(expected).toBe('right');
    expect(file.equals(found as Buffer)).toBe(true);
    return;
  }
  if (expected === 'right') throw found;
  if (!isZooError(found, 'download')) throw found;
  expect(found.message).toMatch(expected);
}

describe(`reading by address from a server with one of ${HOSTILE_CASES.length} manners`, () => {
  it.each(HOSTILE_CASES.map(({ name, load }, index) => ({ name, load, index })))(
    '$name',
    async ({ load, index }) => {
      const [start, memory] = [performance.now(), process.memoryUsage().rss];
      const found = await readThrough(`${server.address}${index}/file`).catch((error: unknown) => error);
      expect(performance.now() - start).toBeLessThan(LONGEST_MS);
      expect(process.memoryUsage().rss - memory).toBeLessThan(LARGEST_GROWTH_BYTES);
      expectOutcome(found, load);
    },
  );

  it.each([
    'silence',
    'silence after the head',
    'silence amid the body',
    'a head that drips',
    'a later range that drips',
  ])('hears an abort within 100 ms: %s', async (name) => {
    const index = HOSTILE_CASES.findIndex((each) => each.name === name);
    const controller = new AbortController();
    const reading = readThrough(`${server.address}${index}/file`, controller.signal).catch(
      (error: unknown) => error,
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
    const start = performance.now();
    const reason = new Error('enough');
    controller.abort(reason);
    const found = await reading;
    expect(performance.now() - start).toBeLessThan(100);
    if (name !== 'a body without end') expect(found).toBe(reason);
  });
});
