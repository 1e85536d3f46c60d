import { randomBytes } from 'node:crypto';
import { deflateSync } from 'node:zlib';

import { isZooError } from '@zoo/core';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';

import { decodeImage } from '../src/node';

import { noise, png, pngHeader, pngOf } from './support/pictures';

const LONGEST_MS = 2000;
const LARGEST_GROWTH_BYTES = 512 * 1024 * 1024;

const END = ['IEND', new Uint8Array(0)] as const;
const PIXELS = ['IDAT', deflateSync(Buffer.alloc(8 * 25))] as const;

let small: Buffer;
let frame: Buffer;
let beforeFrame: Buffer;
let afterFrame: Buffer;

beforeAll(async () => {
  small = await sharp(Buffer.alloc(192, 90), { raw: { width: 8, height: 8, channels: 3 } })
    .jpeg()
    .toBuffer();
  const start = small.indexOf(Buffer.from([0xff, 0xc0]));
  const end = start + 2 + small.readUInt16BE(start + 2);
  [beforeFrame, frame, afterFrame] = [
    small.subarray(0, start),
    small.subarray(start, end),
    small.subarray(end),
  ];
});

/** The JPEG's frame header with another size. */
function frameOf(height: number, width: number): Buffer {
  const copy = Buffer.from(frame);
  copy.writeUInt16BE(height, 5);
  copy.writeUInt16BE(width, 7);
  return copy;
}

/** Decodes within the bounds of time and memory; the typed error's message, or undefined for a picture. */
async function bounded(bytes: Uint8Array): Promise<string | undefined> {
  const [start, memory] = [performance.now(), process.memoryUsage().rss];
  const error: unknown = await decodeImage(bytes).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(performance.now() - start).toBeLessThan(LONGEST_MS);
  expect(process.memoryUsage().rss - memory).toBeLessThan(LARGEST_GROWTH_BYTES);
  if (error === undefined) return undefined;
  expect(isZooError(error, 'invalid-file')).toBe(true);
  return (error as Error).message;
}

describe('decodeImage of a hostile picture', () => {
  it('inflates no more of a PNG than its header allows', async () => {
    const bomb = deflateSync(Buffer.alloc(1 << 29), { level: 1 });
    const profile = Buffer.concat([Buffer.from('x\0\0', 'latin1'), bomb]);
    await bounded(pngOf([pngHeader(8, 8), ['IDAT', bomb], END]));
    await bounded(pngOf([pngHeader(8, 8), ['iCCP', profile], PIXELS, END]));
    await bounded(pngOf([pngHeader(8, 8), ['zTXt', profile], PIXELS, END]));
  });

  it('checks the header that the decoder uses, of PNG', async () => {
    const [, header] = pngHeader(8, 8);
    const large = pngHeader(30_000, 30_000);
    expect(await bounded(pngOf([['juNk', header], large, PIXELS, END]))).toMatch(
      /first chunk is not a header/,
    );
    expect(await bounded(pngOf([pngHeader(8, 8), large, PIXELS, END]))).toMatch(/two headers/);
    expect(await bounded(pngOf([pngHeader(1, 100_000_000, 1, 0), PIXELS, END]))).toMatch(/limit of a side/);
  });

  it('checks the header that the decoder uses, of JPEG', async () => {
    const large = frameOf(65_500, 65_500);
    const end = afterFrame.subarray(afterFrame.length - 2);
    const scan = afterFrame.subarray(0, afterFrame.length - 2);
    expect(await bounded(Buffer.concat([beforeFrame, large, frame, afterFrame]))).toMatch(
      /two frame headers/,
    );
    expect(await bounded(Buffer.concat([beforeFrame, large, scan, frame, end]))).toMatch(/two frame headers/);
    expect(await bounded(Buffer.concat([beforeFrame, large, afterFrame]))).toMatch(/more than the limit/);
    expect(await bounded(Buffer.concat([beforeFrame, afterFrame]))).toMatch(/before its frame header/);
    expect(await bounded(Buffer.concat([beforeFrame, frameOf(9000, 9000), afterFrame]))).toMatch(
      /can't be decoded/,
    );
  });

  it('limits the scans of a JPEG, and scans times pixels', async () => {
    const scan = afterFrame.subarray(afterFrame.indexOf(Buffer.from([0xff, 0xda])), afterFrame.length - 2);
    const many = (count: number, head: Buffer) =>
      Buffer.concat([
        beforeFrame,
        head,
        afterFrame.subarray(0, -2),
        ...Array<Buffer>(count).fill(scan),
        Buffer.from([0xff, 0xd9]),
      ]);
    expect(await bounded(many(600, frame))).toMatch(/8 x 8 pixels come in 601 scans/);
    expect(await bounded(many(50, frameOf(9000, 9000)))).toMatch(/come in 51 scans/);
  });

  it('refuses an unknown colour type and a picture of noise that claims to be one', async () => {
    expect(await bounded(pngOf([pngHeader(8, 8, 8, 7), PIXELS, END]))).toMatch(/colour type is 7/);
    expect(await bounded(randomBytes(5000))).toBeDefined();
  });

  it('hears an abort within 100 ms, before and while it decodes', async () => {
    const reason = new Error('enough');
    await expect(decodeImage(png(noise(4, 4)), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const flat = { create: { width: 6000, height: 6000, channels: 3, background: '#888' } } as const;
    const large = await sharp(flat).jpeg({ quality: 20 }).toBuffer();
    const controller = new AbortController();
    const decoding = decodeImage(large, { signal: controller.signal });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const start = performance.now();
    controller.abort(reason);
    await expect(decoding).rejects.toBe(reason);
    expect(performance.now() - start).toBeLessThan(100);
  });
});
