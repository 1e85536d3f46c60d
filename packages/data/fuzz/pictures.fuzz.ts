import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';

import { createRandom, isZooError, type Random } from '@zoo/core';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';

import { decodeImage } from '../src/node';
import { noise, slopes } from '../test/support/pictures';

const MUTATIONS = Number(process.env['ZOO_FUZZ_MUTATIONS'] ?? 10_000);
const SEED = Number(process.env['ZOO_FUZZ_SEED'] ?? 1);
/** What one picture of some kilobytes may take, on a machine that may be busy. */
const LONGEST_MS = 2000;
const LARGEST_GROWTH_BYTES = 512 * 1024 * 1024;

interface Fixture {
  file: string;
  pillow?: unknown;
}

/** Every file of the fixtures that is read, and larger ones of the formats whose decoders are the most involved. */
const files = new Map<string, Uint8Array>();

beforeAll(async () => {
  for (const group of ['jpeg', 'png', 'other']) {
    const path = new URL(`../test/fixtures/decode-${group}.json`, import.meta.url);
    for (const [name, { file, pillow }] of Object.entries(
      JSON.parse(readFileSync(path, 'utf8')) as Record<string, Fixture>,
    )) {
      if (pillow !== undefined) files.set(name, Buffer.from(file, 'base64'));
    }
  }
  const raw = (image: ReturnType<typeof noise>) =>
    sharp(image.pixels, { raw: { height: image.height, width: image.width, channels: 3 } });
  files.set('large.jpg', await raw(slopes(150, 200)).jpeg().toBuffer());
  files.set('large progressive.jpg', await raw(slopes(150, 200)).jpeg({ progressive: true }).toBuffer());
  files.set('large.png', await raw(noise(60, 70)).png().toBuffer());
  files.set('large.webp', await raw(slopes(150, 200)).webp().toBuffer());
  files.set('large.avif', await raw(slopes(64, 64)).avif({ effort: 0 }).toBuffer());
});

const EXTREMES = [0, 1, 2, 0x7f, 0xff, 100, 400, 9000, 0x7fff, 0xffff];

/** One to three injuries: bits, extreme counts, cuts, runs removed or doubled, parts moved; half of them near the start. */
function mutate(whole: Uint8Array, random: Random): Uint8Array {
  let bytes = Buffer.from(whole);
  for (let left = random.integer(1, 3); left > 0 && bytes.length > 16; left--) {
    const at = random.integer(0, (random.uniform() < 0.5 ? Math.min(bytes.length, 700) : bytes.length) - 1);
    const length = random.integer(1, 64);
    const kinds = [
      () => (bytes[at]! ^= 1 << random.integer(0, 7)),
      () => (bytes[at] = random.integer(0, 255)),
      () => at + 2 <= bytes.length && bytes.writeUInt16BE(EXTREMES[random.integer(0, 9)]!, at),
      () => at + 4 <= bytes.length && bytes.writeUInt32LE(EXTREMES[random.integer(0, 9)]!, at),
      () => (bytes = bytes.subarray(0, at)),
      () => (bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])),
      () => (bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)])),
      () => bytes.copyWithin(random.integer(0, bytes.length - 1), at, at + length),
    ];
    kinds[random.integer(0, kinds.length - 1)]!();
  }
  return bytes;
}

/** A PNG whose chunks' checksums are right again, so that what is inside is reached. */
function withChecksums(png: Uint8Array): Uint8Array {
  const bytes = Buffer.from(png);
  for (let offset = 8; offset + 12 <= bytes.length;) {
    const end = offset + 8 + bytes.readUInt32BE(offset);
    if (end + 4 > bytes.length) break;
    bytes.writeUInt32BE(crc32(bytes.subarray(offset + 4, end)), end);
    offset = end + 4;
  }
  return bytes;
}

describe(`${MUTATIONS} mutated pictures (ZOO_FUZZ_MUTATIONS), seed ${SEED} (ZOO_FUZZ_SEED)`, () => {
  it('are read whole or refused with a typed error, soon and without growth', async () => {
    const random = createRandom(SEED).fork('pictures');
    const names = [...files.keys()];
    const before = process.memoryUsage().rss;
    const counts = { read: 0, refused: 0 };
    for (let index = 0; index < MUTATIONS; index++) {
      const name = names[index % names.length]!;
      let bytes = mutate(files.get(name)!, random);
      if (name.endsWith('.png') && index % 3 > 0) bytes = withChecksums(bytes);
      const start = performance.now();
      const outcome = await decodeImage(bytes).catch((error: unknown) => error);
      const label = `#${index} ${name}`;
      expect(performance.now() - start, label).toBeLessThan(LONGEST_MS);
      expect(process.memoryUsage().rss - before, label).toBeLessThan(LARGEST_GROWTH_BYTES);
      if (outcome instanceof Error) {
        if (!isZooError(outcome, 'invalid-file')) throw new Error(label, { cause: outcome });
        counts.refused++;
      } else {
        const { pixels, height, width } = outcome as Awaited<ReturnType<typeof decodeImage>>;
        expect(pixels.length, label).toBe(height * width * 3);
        counts.read++;
      }
    }
    // Both must come to pass: otherwise the injuries are too hard, or miss.
    expect(counts.read).toBeGreaterThan(MUTATIONS / 20);
    expect(counts.refused).toBeGreaterThan(MUTATIONS / 20);
  });
});
