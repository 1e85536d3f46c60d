import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';

import { createRandom, isZooError, type Random } from '@zoo/core';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';

import { decodeImage } from '../src/node';
import { noise, slopes } from '../test/support/pictures';

const MUTATIONS = Number(process.env['ZOO_FUZZ_MUTATIONS'] ?? 10_000);
const SEED = Number(process.env['ZOO_FUZZ_SEED'] ?? 1);
/** What one picture of some kilobytes may take of the processor, whatever else the machine does, and by the clock. */
const LONGEST_SECONDS = 2;
const LONGEST_WAIT_MS = 60_000;
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

/** The parts that a file of the format is made of, in order: segments, chunks, blocks, boxes, fields or words. */
function partsOf(bytes: Buffer): Buffer[] {
  const kind = kindOf(bytes);
  const cuts = new Set<number>();
  const cut = (offset: number) => {
    if (offset > 0 && offset < bytes.length) cuts.add(offset);
  };
  if (kind === 'jpeg') {
    for (let at = 2; at + 4 <= bytes.length;) {
      cut(at);
      const next = at + 2 + bytes.readUInt16BE(at + 2);
      let end = next;
      // What a start of scan opens goes on to the next marker.
      while (
        bytes[at + 1] === 0xda &&
        end + 1 < bytes.length &&
        (bytes[end] !== 0xff || isData(bytes[end + 1]!))
      )
        end++;
      at = end;
    }
  } else if (kind === 'png') {
    for (let at = 8; at + 12 <= bytes.length; at += 12 + bytes.readUInt32BE(at)) cut(at);
  } else if (kind === 'webp') {
    for (let at = 12; at + 8 <= bytes.length; at += 8 + bytes.readUInt32LE(at + 4)) cut(at);
  } else if (kind === 'avif') {
    for (let at = 0; at + 8 <= bytes.length; at += Math.max(8, bytes.readUInt32BE(at))) cut(at);
    // The properties lie three boxes deep.
    for (
      let at = bytes.indexOf('ipco') + 4;
      at > 4 && at + 8 <= bytes.length;
      at += Math.max(8, bytes.readUInt32BE(at))
    )
      cut(at);
  } else if (kind === 'tiff') {
    const isLittle = bytes[0] === 0x49;
    const directory = isLittle ? bytes.readUInt32LE(4) : bytes.readUInt32BE(4);
    for (let at = directory + 2; at + 12 <= bytes.length && at < directory + 300; at += 12) cut(at);
    cut(directory);
  } else {
    // GIF, BMP and PNM begin with a header of few bytes; what follows are rows, runs or sub-blocks.
    for (let at = 2; at < Math.min(64, bytes.length); at += 2) cut(at);
    for (let at = 64; at < bytes.length; at += 37) cut(at);
  }
  const ends = [...cuts].sort((left, right) => left - right);
  return [0, ...ends].map((start, index) => bytes.subarray(start, ends[index] ?? bytes.length));
}

const isData = (marker: number): boolean => marker === 0 || (marker >= 0xd0 && marker <= 0xd7);

function kindOf(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return 'jpeg';
  if (bytes[0] === 0x89) return 'png';
  const word = bytes.toString('latin1', 0, 4);
  if (word === 'RIFF') return 'webp';
  if (/^(II|MM)/.test(word)) return 'tiff';
  return bytes.toString('latin1', 4, 8) === 'ftyp' ? 'avif' : 'other';
}

/** One to three changes of the structure: parts moved, doubled, many times over, left out, or another's; a count raised. */
function restructure(whole: Uint8Array, random: Random): Uint8Array {
  const parts = partsOf(Buffer.from(whole));
  for (let left = random.integer(1, 3); left > 0; left--) {
    const [at, to] = [random.integer(0, parts.length - 1), random.integer(0, parts.length - 1)];
    const part = parts[at]!;
    const kinds = [
      () => parts.splice(to, 0, ...parts.splice(at, 1)),
      () => parts.splice(to, 0, part),
      () => parts.splice(to, 0, ...Array<Buffer>(random.integer(2, 700)).fill(part)),
      () => parts.length > 1 && parts.splice(at, 1),
      () => ([parts[at], parts[to]] = [parts[to]!, part]),
      () => (parts[at] = raised(part, random)),
      () => (parts[at] = raised(part, random)),
    ];
    kinds[random.integer(0, kinds.length - 1)]!();
  }
  const bytes = Buffer.concat(parts);
  if (kindOf(bytes) === 'webp' && bytes.length > 8) bytes.writeUInt32LE(bytes.length - 8, 4);
  return bytes;
}

/** A part with a number near its start raised: a length, a size, a count. */
function raised(part: Buffer, random: Random): Buffer {
  const copy = Buffer.from(part);
  const at = random.integer(0, Math.min(24, Math.max(0, copy.length - 4)));
  const value = EXTREMES[random.integer(0, EXTREMES.length - 1)]!;
  if (at + 4 > copy.length) return copy;
  const kinds = [
    () => copy.writeUInt16BE(value, at),
    () => copy.writeUInt16LE(value, at),
    () => copy.writeUInt32BE(value, at),
    () => copy.writeUInt32LE(value * 257, at),
  ];
  kinds[random.integer(0, 3)]!();
  return copy;
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

/** libjpeg's values, refused where it warns. */
async function byLibjpeg(bytes: Uint8Array): Promise<{ data: Buffer; info: { channels: number } }> {
  const pipeline = sharp(bytes, { failOn: 'warning', ignoreIcc: true });
  return pipeline.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
}

describe(`${MUTATIONS} mutated pictures (ZOO_FUZZ_MUTATIONS), seed ${SEED} (ZOO_FUZZ_SEED)`, () => {
  it('are read whole or refused with a typed error, soon and without growth', async () => {
    const random = createRandom(SEED).fork('pictures');
    const names = [...files.keys()];
    const before = process.memoryUsage().rss;
    const counts = { read: 0, refused: 0 };
    for (let index = 0; index < MUTATIONS; index++) {
      const name = names[index % names.length]!;
      const change = random.uniform() < 0.5 ? restructure : mutate;
      let bytes = change(files.get(name)!, random);
      if (name.endsWith('.png') && index % 3 > 0) bytes = withChecksums(bytes);
      const [start, used] = [performance.now(), process.cpuUsage()];
      const outcome = await decodeImage(bytes).catch((error: unknown) => error);
      const label = `#${index} ${name}`;
      const { user, system } = process.cpuUsage(used);
      expect((user + system) / 1e6, label).toBeLessThan(LONGEST_SECONDS);
      expect(performance.now() - start, label).toBeLessThan(LONGEST_WAIT_MS);
      // The highest that it ever was, so that what is given back before the answer counts.
      expect(process.resourceUsage().maxRSS * 1024 - before, label).toBeLessThan(LARGEST_GROWTH_BYTES);
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

  it('of JPEG are read by the kernels as by libjpeg, or refused where it refuses or warns', async () => {
    const random = createRandom(SEED).fork('jpeg');
    // Four colours are converted as Pillow does it, which libvips does otherwise.
    const names = [...files.keys()].filter(
      (name) => kindOf(Buffer.from(files.get(name)!)) === 'jpeg' && !/cmyk|ycck/i.test(name),
    );
    const counts = { equal: 0, refused: 0 };
    for (let index = 0; index < MUTATIONS / 5; index++) {
      const name = names[index % names.length]!;
      const change = random.uniform() < 0.5 ? restructure : mutate;
      const bytes = change(files.get(name)!, random);
      const own = await decodeImage(bytes, { convention: 'pillow' }).catch(() => undefined);
      const libjpeg = await byLibjpeg(bytes).catch(() => undefined);
      if (own === undefined) counts.refused++;
      if (own === undefined || (libjpeg !== undefined && libjpeg.info.channels !== 3)) continue;
      const label = `#${index} ${name}`;
      if (libjpeg === undefined) throw new Error(`${label} is read, and libjpeg refuses it`);
      expect(Buffer.compare(own.pixels, libjpeg.data), label).toBe(0);
      counts.equal++;
    }
    expect(counts.equal).toBeGreaterThan(MUTATIONS / 100);
    expect(counts.refused).toBeGreaterThan(MUTATIONS / 100);
  });
});
