import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';

import { createRandom } from '@zoo/core';

import { temporaryDirectory } from '../../../../test-support/temporary-directory';
import { rgbImage, type DecodedImage } from '../../src/index';

/** A picture of random bytes. */
export function noise(height: number, width: number, seed = 1): DecodedImage {
  const random = createRandom(seed).fork('noise');
  return rgbImage(
    height,
    width,
    Uint8Array.from({ length: height * width * 3 }, () => random.integer(0, 255)),
  );
}

/** A smooth picture, the same for every decoder to a few levels: slopes of red, green and blue. */
export function slopes(height: number, width: number): DecodedImage {
  const image = rgbImage(height, width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      image.pixels.set(
        [(x * 255) / width, (y * 255) / height, ((x + y) * 255) / (height + width)],
        (y * width + x) * 3,
      );
    }
  }
  return image;
}

/** The PNG file of a picture. */
export function png({ pixels, height, width }: DecodedImage): Uint8Array {
  const rows = Buffer.alloc(height * (1 + width * 3));
  for (let y = 0; y < height; y++) {
    rows.set(pixels.subarray(y * width * 3, (y + 1) * width * 3), y * (1 + width * 3) + 1);
  }
  return pngOf([pngHeader(height, width), ['IDAT', deflateSync(rows)], ['IEND', Buffer.alloc(0)]]);
}

type Chunk = readonly [type: string, data: Uint8Array];

/** The header of a PNG of 8-bit colour, or of another depth and type. */
export function pngHeader(height: number, width: number, depth = 8, colorType = 2): Chunk {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  data[8] = depth;
  data[9] = colorType;
  return ['IHDR', data];
}

/** A PNG file of these chunks, with their checksums. */
export function pngOf(chunks: readonly Chunk[]): Uint8Array {
  const parts = chunks.map(([type, data]) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  });
  return new Uint8Array(Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...parts]));
}

const place = temporaryDirectory();

/** A folder of these files for the length of a test; returns its path. */
export async function folderOf(files: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
  const directory = await mkdtemp(place('files-'));
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
  return directory;
}

/** The largest difference between two pictures of one size. */
export function largestDifference(left: DecodedImage, right: DecodedImage): number {
  if (left.height !== right.height || left.width !== right.width) return Number.POSITIVE_INFINITY;
  return left.pixels.reduce((most, value, i) => Math.max(most, Math.abs(value - right.pixels[i]!)), 0);
}
