import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { createRandom } from '@zoo/core';

import { encodePng } from '../../train/src/node/tensor-board/encode-png';

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
      await writeFile(join(folder, name, `${name}-${index}.png`), encodePng(pixels, size, size, 3));
    }
  }
  return folder;
}
