import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';

import { isZooError } from '@zoo/core';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';

import { bounded } from '../../../test-support/bounded';
import { decodeImage } from '../src/node';
import { noise, png, pngHeader, pngOf } from '../test/support/pictures';

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
async function refusal(bytes: Uint8Array): Promise<string | undefined> {
  const outcome = await bounded(() => decodeImage(bytes));
  if (!(outcome instanceof Error)) return undefined;
  expect(isZooError(outcome, 'invalid-file')).toBe(true);
  return outcome.message;
}

describe('decodeImage of a hostile picture', () => {
  it('inflates no more of a PNG than its header allows', async () => {
    const bomb = deflateSync(Buffer.alloc(1 << 29), { level: 1 });
    const profile = Buffer.concat([Buffer.from('x\0\0', 'latin1'), bomb]);
    await refusal(pngOf([pngHeader(8, 8), ['IDAT', bomb], END]));
    await refusal(pngOf([pngHeader(8, 8), ['iCCP', profile], PIXELS, END]));
    await refusal(pngOf([pngHeader(8, 8), ['zTXt', profile], PIXELS, END]));
  });

  it('unpacks no texts of a PNG, however many', async () => {
    const text = Buffer.concat([
      Buffer.from('x\0\0', 'latin1'),
      deflateSync(Buffer.alloc(50_000_000), { level: 1 }),
    ]);
    for (const type of ['zTXt', 'iTXt', 'iCCP'] as const) {
      const packed =
        type === 'iTXt' ? Buffer.concat([Buffer.from('x\0\x01\0\0\0', 'latin1'), text.subarray(3)]) : text;
      const chunks = Array.from({ length: type === 'iCCP' ? 1 : 30 }, () => [type, packed] as const);
      const picture = pngOf([pngHeader(8, 8), ...chunks, PIXELS, END]);
      expect(await bounded(() => decodeImage(picture), 0.5)).toMatchObject({ height: 8, width: 8 });
    }
  });

  it.each([
    ['colours', 2, 5],
    ['inks', 5, 5],
  ])('refuses a TIFF of %s with a further channel', async (_, photometric, channels) => {
    expect(await refusal(tiffOf(photometric, channels))).toMatch(/it has 5 channels/);
  });

  it('checks the header that the decoder uses, of PNG', async () => {
    const [, header] = pngHeader(8, 8);
    const large = pngHeader(30_000, 30_000);
    expect(await refusal(pngOf([['juNk', header], large, PIXELS, END]))).toMatch(
      /first chunk is not a header/,
    );
    expect(await refusal(pngOf([pngHeader(8, 8), large, PIXELS, END]))).toMatch(/two headers/);
    expect(await refusal(pngOf([pngHeader(1, 100_000_000, 1, 0), PIXELS, END]))).toMatch(/limit of a side/);
  });

  it('checks the header that the decoder uses, of JPEG', async () => {
    const large = frameOf(65_500, 65_500);
    const end = afterFrame.subarray(afterFrame.length - 2);
    const scan = afterFrame.subarray(0, afterFrame.length - 2);
    expect(await refusal(Buffer.concat([beforeFrame, large, frame, afterFrame]))).toMatch(
      /two frame headers/,
    );
    expect(await refusal(Buffer.concat([beforeFrame, large, scan, frame, end]))).toMatch(/two frame headers/);
    expect(await refusal(Buffer.concat([beforeFrame, large, afterFrame]))).toMatch(/more than the limit/);
    expect(await refusal(Buffer.concat([beforeFrame, afterFrame]))).toMatch(/before its frame header/);
    expect(await refusal(Buffer.concat([beforeFrame, frameOf(9000, 9000), afterFrame]))).toMatch(
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
    expect(await refusal(many(600, frame))).toMatch(/8 x 8 pixels come in 601 scans/);
    expect(await refusal(many(50, frameOf(9000, 9000)))).toMatch(/come in 51 scans/);
  });

  it('refuses an unknown colour type and a picture of noise that claims to be one', async () => {
    expect(await refusal(pngOf([pngHeader(8, 8, 8, 7), PIXELS, END]))).toMatch(/colour type is 7/);
    expect(await refusal(randomBytes(5000))).toBeDefined();
  });

  it('refuses a file that comes in more parts than any picture has', async () => {
    const stuffed = Buffer.concat([small.subarray(0, -2), Buffer.alloc(8_000_000, '\xff\0', 'latin1')]);
    expect(await refusal(stuffed)).toMatch(/more than 3000000 parts/);
    expect(await refusal(Buffer.alloc(50_000_000, '\xff\xd8\xff\xfe\0\x02', 'latin1'))).toMatch(/parts/);
    expect(await refusal(Buffer.concat([small.subarray(0, 2), Buffer.alloc(20_000_000, 0xff)]))).toMatch(
      /parts/,
    );
    const chunk = Buffer.from('\0\0\0\0juNkABCD', 'latin1');
    const chunks = Buffer.concat([pngOf([pngHeader(8, 8)]), Buffer.alloc(48_000_000, chunk)]);
    expect(await refusal(chunks)).toMatch(/parts/);
    const gif = Buffer.concat([
      Buffer.from('GIF89a\x08\0\x08\0\0\0\0\x21\xfe', 'latin1'),
      Buffer.alloc(8_000_000, 1),
    ]);
    expect(await refusal(gif)).toMatch(/parts/);
    const ppm = Buffer.concat([
      Buffer.from('P3 8 8 255 #'),
      Buffer.alloc(50_000_000, '#'),
      Buffer.alloc(400, ' 1'),
    ]);
    expect(await refusal(ppm)).toMatch(/too much/);
    expect(await refusal(Buffer.concat([Buffer.from('P3 '), Buffer.alloc(50_000_000, ' ')]))).toMatch(
      /too much/,
    );
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

  describe('holds up nothing else', () => {
    const side = 4000;
    const raw = Buffer.alloc(side * side * 3, 0x31);
    const flat = (channels: 3 | 4) =>
      sharp({
        create: { width: side, height: side, channels, background: { r: 90, g: 9, b: 200, alpha: 0.5 } },
      });
    const cases: readonly [string, () => Promise<Uint8Array>][] = [
      ['a PPM', () => Promise.resolve(Buffer.concat([Buffer.from(`P6 ${side} ${side} 255\n`), raw]))],
      [
        'a PPM as text',
        () =>
          Promise.resolve(
            Buffer.concat([Buffer.from(`P3 ${side} ${side} 255\n`), Buffer.alloc(raw.length * 2, '1 ')]),
          ),
      ],
      ['a BMP', () => Promise.resolve(bmpOf(side, 24, 0, raw))],
      ['a BMP of a palette', () => Promise.resolve(bmpOf(side, 8, 0, raw))],
      [
        'a BMP of runs',
        () => Promise.resolve(bmpOf(side, 8, 1, Buffer.alloc(raw.length, '\x01\x02\0\0', 'latin1'))),
      ],
      ['a turned JPEG', () => flat(3).withMetadata({ orientation: 6 }).jpeg().toBuffer()],
      ['a PNG with opacity', () => flat(4).png().toBuffer()],
      ['a TIFF in CMYK', () => flat(3).toColourspace('cmyk').tiff().toBuffer()],
    ];

    it.each(cases)('while it decodes %s, and hears an abort', async (_, make) => {
      const bytes = await make();
      const controller = new AbortController();
      const reason = new Error('enough');
      const outcome = decodeImage(bytes, { signal: controller.signal }).catch((error: unknown) => error);
      for (let turn = 0; turn < 6; turn++) {
        const start = performance.now();
        await new Promise((resolve) => setTimeout(resolve, 5));
        expect(performance.now() - start).toBeLessThan(100);
      }
      const start = performance.now();
      controller.abort(reason);
      const found = await outcome;
      expect(performance.now() - start).toBeLessThan(100);
      // A fast machine may have been done by then, or have found what is wrong.
      if (found instanceof Error && found !== reason) expect(isZooError(found, 'invalid-file')).toBe(true);
    });
  });
});

/** A TIFF of 4 x 4 pixels of so many samples; those beyond its colours are said to be no opacity. */
function tiffOf(photometric: number, channels: number): Buffer {
  const data = Buffer.from(Array.from({ length: 16 * channels }, (_, i) => i % 251));
  const [bitsAt, dataAt] = [200, 240];
  const short = 3;
  const fields = [
    [256, 4],
    [257, 4],
    [258, bitsAt, channels],
    [259, 1],
    [262, photometric],
    [273, dataAt],
    [277, channels],
    [278, 4],
    [279, data.length],
    [284, 1],
    [338, 0, channels - (photometric === 5 ? 4 : 3)],
  ] as const;
  const file = Buffer.alloc(dataAt);
  file.write('II*\0\x08', 'latin1');
  file.writeUInt16LE(fields.length, 8);
  fields.forEach(([tag, value, count = 1], i) => {
    const at = 10 + 12 * i;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(short, at + 2);
    file.writeUInt32LE(count, at + 4);
    file.writeUInt32LE(value, at + 8);
  });
  for (let i = 0; i < channels; i++) file.writeUInt16LE(8, bitsAt + 2 * i);
  return Buffer.concat([file, data]);
}

function bmpOf(side: number, bits: number, compression: number, data: Uint8Array): Buffer {
  const head = Buffer.alloc(54 + (bits === 8 ? 1024 : 0));
  head.write('BM');
  head.writeUInt32LE(head.length, 10);
  head.writeUInt32LE(40, 14);
  head.writeInt32LE(side, 18);
  head.writeInt32LE(side, 22);
  head.writeUInt16LE(1, 26);
  head.writeUInt16LE(bits, 28);
  head.writeUInt32LE(compression, 30);
  return Buffer.concat([head, data]);
}

describe('a picture that takes long', () => {
  let long: Buffer;

  beforeAll(async () => {
    const speckled = { type: 'gaussian', mean: 120, sigma: 60 } as const;
    const create = { width: 3000, height: 2800, channels: 3, background: '#888', noise: speckled } as const;
    long = await sharp({ create }).jpeg({ progressive: true }).toBuffer();
  });

  it('is decoded in a process of its own, to the same values', async () => {
    const { pixels } = await decodeImage(long);
    expect(Buffer.compare(pixels, await sharp(long).raw().toBuffer())).toBe(0);
  });

  it('that is damaged is told with the decoder’s words', async () => {
    const damaged = Buffer.from(long);
    damaged.fill(0, 200_000, 300_000);
    await expect(decodeImage(damaged, { source: 'a.jpg' })).rejects.toMatchObject({
      code: 'invalid-file',
      message: expect.stringMatching(
        /a\.jpg .* can't be decoded \(.*(Corrupt|bad|premature|VipsJpeg)/i,
      ) as string,
    });
  });

  it('is decoded in this process where there can be no other', async () => {
    const { execPath } = process;
    process.execPath = '/nowhere/node';
    try {
      const { pixels } = await decodeImage(long);
      expect(Buffer.compare(pixels, await sharp(long).raw().toBuffer())).toBe(0);
    } finally {
      process.execPath = execPath;
    }
  });

  it.skipIf(process.platform !== 'linux')('ends with its process when the signal is raised', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const decoding = decodeImage(long, { signal: controller.signal }).catch((error: unknown) => error);
    while (childCount() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const start = performance.now();
    controller.abort(reason);
    expect(await decoding).toBe(reason);
    expect(performance.now() - start).toBeLessThan(100);
    while (childCount() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

/** Processes that this one has started and that go on. */
function childCount(): number {
  const tasks = readdirSync('/proc/self/task');
  const children = tasks.map((task) => readFileSync(`/proc/self/task/${task}/children`, 'utf8').trim());
  return children.filter((text) => text !== '').length;
}
