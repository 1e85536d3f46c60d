import { createRandom } from '@zoo/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { serveFiles, type FileServer } from '../browser/serve-files';
import { urlSource } from '../src/source/url-source';

const PIECE = 16384;
const file = Uint8Array.from({ length: 8 * 1024 * 1024 }, (_, i) => (i * 31 + (i >> 8) * 7) % 251);

/** `fetch` that notes the ranges whose bodies are given up. */
function fetchNotingCancels(cancelled: string[]): typeof fetch {
  return async (input, init) => {
    const { status, headers, body } = await fetch(input, init);
    const reader = body!.getReader();
    const noting = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { value } = (await reader.read()) as { value?: Uint8Array };
        if (value === undefined) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        cancelled.push(new Headers(init?.headers).get('range')!);
        await reader.cancel();
      },
    });
    return new Response(noting, { status, headers });
  };
}

describe('a file behind an address', () => {
  let server: FileServer;

  beforeAll(async () => {
    server = await serveFiles();
    server.files.set('file', file);
  });
  afterAll(() => server.close());
  beforeEach(() => {
    server.requests.length = 0;
  });

  const open = (way = 'ranged', signal?: AbortSignal) =>
    urlSource(`${server.address}${way}/file`, signal === undefined ? {} : { signal });

  it('that is read one piece after the other is asked for in a few requests', async () => {
    const source = await open();
    for (let offset = 0; offset < file.length; offset += PIECE)
      expect(Buffer.compare(await source.read(offset, PIECE), file.subarray(offset, offset + PIECE))).toBe(0);
    await source.close!();
    expect(server.requests.length).toBeLessThan(25);
  });

  it('gives the right bytes however reads follow each other, a few at a time', async () => {
    const random = createRandom(3);
    const source = await open();
    let offset = 0;
    let pending: Promise<void>[] = [];
    for (let i = 0; i < 400; i++) {
      // Mostly onwards, sometimes over a gap, sometimes elsewhere.
      const jump = random.uniform();
      if (jump < 0.05) offset = Math.floor(random.uniform() * file.length);
      else if (jump < 0.2) offset += Math.floor(random.uniform() * 100_000);
      const length = Math.min(1 + Math.floor(random.uniform() * 100_000), file.length - offset);
      if (length <= 0) {
        offset = 0;
        continue;
      }
      const from = offset;
      pending.push(
        source.read(from, length).then((bytes) => {
          expect(Buffer.compare(bytes, file.subarray(from, from + length))).toBe(0);
        }),
      );
      offset += length;
      if (pending.length < 4) continue;
      await Promise.all(pending);
      pending = [];
    }
    await Promise.all(pending);
    await source.close!();
  });

  it('is asked for no further when reading goes on elsewhere, or the source is closed', async () => {
    const cancelled: string[] = [];
    const source = await urlSource(`${server.address}ranged/file`, { fetch: fetchNotingCancels(cancelled) });
    await source.read(2_000_000, 300_000);
    await source.read(2_300_000, PIECE);
    await source.read(100_000, PIECE);
    expect(cancelled).toEqual(['bytes=2300000-8388607']);
    for (let i = 1; i < 40; i++) await source.read(100_000 + i * PIECE, PIECE);
    expect(cancelled).toHaveLength(1);
    await source.close!();
    expect(cancelled).toHaveLength(2);
  });

  it('whose connection breaks is an error that says so', async () => {
    const source = await open('broken');
    await expect(source.read(file.length / 2, PIECE)).rejects.toMatchObject({ code: 'download' });
    const rest = await open();
    await rest.read(500_000, PIECE);
    server.files.set('file', file.subarray(0, 1_000_000));
    try {
      await expect(rest.read(700_000, PIECE)).rejects.toMatchObject({
        code: 'download',
        message: expect.stringContaining('changed while it was read') as string,
      });
    } finally {
      server.files.set('file', file);
      await rest.close!();
    }
  });

  it('whose server falls silent is given up when the signal is raised', async () => {
    const controller = new AbortController();
    const source = await open('stalled', controller.signal);
    const reads = [source.read(65536, 300_000), source.read(365_536, PIECE), source.read(381_920, PIECE)];
    setTimeout(() => {
      controller.abort(new Error('enough'));
    }, 50);
    for (const ended of await Promise.allSettled(reads))
      expect(ended).toMatchObject({ status: 'rejected', reason: { message: 'enough' } });
    await source.close!();
  });
});
