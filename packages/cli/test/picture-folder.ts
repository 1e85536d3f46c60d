import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';

import { createRandom } from '@zoo/core';

/** The classes of {@link writePictureFolder}: pictures of one colour and some noise. */
export const COLORS = { blue: [30, 60, 220], green: [40, 200, 50], red: [220, 40, 30] } as const;

/** Writes `count` pictures a class, folders named after the colours. */
export async function writePictureFolder(
  folder: string,
  {
    count,
    size = 16,
    seed = 1,
    classes = Object.keys(COLORS) as (keyof typeof COLORS)[],
  }: {
    count: number;
    size?: number;
    seed?: number;
    classes?: (keyof typeof COLORS)[];
  },
): Promise<string> {
  for (const name of classes) {
    const random = createRandom(seed).fork(name);
    await mkdir(join(folder, name), { recursive: true });
    for (let index = 0; index < count; index++) {
      const pixels = Uint8Array.from({ length: size * size * 3 }, (_, at) =>
        Math.max(0, Math.min(255, COLORS[name][at % 3]! + random.integer(-25, 25))),
      );
      await writeFile(join(folder, name, `${name}-${index}.png`), encodePng(pixels, size, size));
    }
  }
  return folder;
}

/** An 8-bit RGB picture as PNG (specification, third edition: sections 5 and 11.2). */
export function encodePng(pixels: Uint8Array, height: number, width: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const rows = Buffer.alloc(height * (1 + width * 3));
  for (let y = 0; y < height; y++) {
    rows.set(pixels.subarray(y * width * 3, (y + 1) * width * 3), y * (1 + width * 3) + 1);
  }
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}
