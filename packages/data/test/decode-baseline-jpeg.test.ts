import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { createRandom } from '@zoo/core';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';

import { hashSources } from '../scripts/hash-sources.mjs';
import { decodeBaselineJpeg } from '../src/image/jpeg/decode-baseline-jpeg';
import { SOURCES_HASH } from '../src/image/jpeg/generated/kernels';

import { largestDifference, noise, slopes } from './support/pictures';

interface Case {
  file: string;
  pillow?: [height: number, width: number, hash: string];
}

const cases = JSON.parse(
  readFileSync(new URL('./fixtures/decode-jpeg.json', import.meta.url), 'utf8'),
) as Record<string, Case>;

const encode = ({ pixels, height, width }: ReturnType<typeof noise>) =>
  sharp(pixels, { raw: { height, width, channels: 3 } });

/** sharp's pixels, or undefined where it refuses the file. */
const bySharp = (bytes: Uint8Array) =>
  sharp(bytes, { failOn: 'warning', ignoreIcc: true })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })
    .then(
      ({ data, info: { height, width } }) => ({
        pixels: new Uint8Array(data),
        height,
        width,
        channels: 3 as const,
      }),
      () => undefined,
    );

describe('decodeBaselineJpeg', () => {
  it('is compiled from the sources as they are', () => {
    expect(SOURCES_HASH, 'Run `npm run kernels -w packages/data`.').toBe(hashSources());
  });

  it.each(Object.keys(cases))('equals Pillow bit for bit or leaves the file alone: %s', (name) => {
    const { file, pillow } = cases[name]!;
    const image = decodeBaselineJpeg(Buffer.from(file, 'base64'));
    const isOrdinary =
      /^(4|grey|coarse|exif|restarts|optimized|trailing|two)/.test(name) && !/420 [123]\./.test(name);
    expect(image !== undefined).toBe(isOrdinary);
    if (image === undefined) return;
    const hash = createHash('sha256').update(image.pixels).digest('hex').slice(0, 32);
    expect([image.height, image.width, hash]).toEqual(pillow);
  });

  it('equals libjpeg bit for bit at every size, sampling and quality', async () => {
    const random = createRandom(3).fork('sizes');
    for (let i = 0; i < 60; i++) {
      const [height, width] = [random.integer(1, 70), random.integer(5, 70)];
      const image = i % 2 === 0 ? noise(height, width, i) : slopes(height, width);
      const bytes = await encode(image)
        .jpeg({
          quality: random.integer(1, 100),
          chromaSubsampling: i % 3 === 0 ? '4:4:4' : '4:2:0',
          optimiseCoding: i % 5 < 3,
        })
        .toBuffer();
      const decoded = decodeBaselineJpeg(bytes);
      expect(decoded, `${height} x ${width}`).toBeDefined();
      expect(largestDifference(decoded!, (await bySharp(bytes))!)).toBe(0);
    }
  });

  it('accepts no damaged file that libjpeg refuses, and reads the others alike', async () => {
    const random = createRandom(5).fork('damage');
    const whole = await encode(slopes(48, 40)).jpeg({ quality: 80 }).toBuffer();
    let accepted = 0;
    for (let i = 0; i < 400; i++) {
      const bytes = Buffer.from(whole);
      for (let k = random.integer(1, 3); k > 0; k--) {
        bytes[random.integer(20, bytes.length - 1)] = random.integer(0, 255);
      }
      const decoded = decodeBaselineJpeg(bytes);
      if (decoded === undefined) continue;
      accepted++;
      const expected = await bySharp(bytes);
      expect(expected, `case ${i}`).toBeDefined();
      expect(largestDifference(decoded, expected!), `case ${i}`).toBe(0);
    }
    expect(accepted).toBeGreaterThan(10);
  });
});
