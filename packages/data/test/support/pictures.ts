import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { createRandom } from '@zoo/core';
import { encode } from 'fast-png';
import { onTestFinished } from 'vitest';

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
  return encode({ data: pixels, height, width, channels: 3, depth: 8 });
}

/** A folder of these files for the length of a test; returns its path. */
export async function folderOf(files: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'zoo-data-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
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
