import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { createRandom } from '@zoo/core';

import { ATTRIBUTION } from './attribution';
import {
  currentVersions,
  GENERATOR_VERSION,
  isCurrent,
  MANIFEST_FILE,
  readManifest,
  type DataSetManifest,
} from './data-set-manifest';
import { drawPicture } from './draw-picture';
import { planPictures, SPLITS, type PlannedPicture } from './plan-pictures';

/** Canvases, sizes and places of all pictures follow from it. */
const PICTURE_SEED = 1511;
const DRAWN_AT_A_TIME = 4;

/** Options of {@link makeDataSet}. */
export interface MakeDataSetOptions {
  /** Told once, before pictures are drawn, what will be. */
  onStart?: (plan: readonly PlannedPicture[]) => void;
  /** Aborted, nothing is left behind. */
  signal?: AbortSignal | undefined;
  /** Draws these pictures instead of all; for tests. */
  plan?: readonly PlannedPicture[];
}

/**
 * The profession pictures in `directory`: those that are there, if this code with these packages made them, or else new ones.
 *
 * New ones are drawn beside it and renamed into place, so that the folder is whole at any moment.
 *
 * @returns True if pictures were drawn, false if those on disk are used.
 */
export async function makeDataSet(directory: string, options: MakeDataSetOptions = {}): Promise<boolean> {
  const versions = await currentVersions();
  const manifest = await readManifest(directory);
  if (isCurrent(manifest, versions) && (await countPictures(directory)) === manifest.pictures) return false;
  const plan = options.plan ?? (await planPictures());
  options.onStart?.(plan);
  const unfinished = `${directory}.unfinished-${process.pid}`;
  await mkdir(dirname(directory), { recursive: true });
  await removeAbandoned(directory);
  try {
    await drawAll(unfinished, plan, options.signal);
    const made: DataSetManifest = { generator: GENERATOR_VERSION, versions, pictures: plan.length };
    await writeFile(join(unfinished, MANIFEST_FILE), `${JSON.stringify(made, undefined, 2)}\n`);
    await putInPlace(unfinished, directory);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return true;
}

async function drawAll(
  directory: string,
  plan: readonly PlannedPicture[],
  signal: AbortSignal | undefined,
): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  const folders = new Set(plan.map(({ split, emoji }) => join(directory, split, emoji.className)));
  for (const folder of folders) await mkdir(folder, { recursive: true });
  await writeFile(join(directory, 'ATTRIBUTION.md'), ATTRIBUTION);
  const random = createRandom(PICTURE_SEED);
  const queue = plan.values();
  const drawSome = async (): Promise<void> => {
    for (const picture of queue) {
      signal?.throwIfAborted();
      const { split, emoji, copy } = picture;
      const bytes = await drawPicture(picture, random.fork(split, emoji.style, emoji.name, copy));
      await writeFile(join(directory, split, emoji.className, fileName(picture)), bytes);
    }
  };
  const settled = await Promise.allSettled(Array.from({ length: DRAWN_AT_A_TIME }, drawSome));
  for (const result of settled) if (result.status === 'rejected') throw result.reason;
}

/** `noto-woman-judge-dark-skin-tone-1.png`: style, emoji and, in training, the copy. */
export function fileName({ split, emoji, copy }: PlannedPicture): string {
  return `${emoji.style}-${emoji.name}${split === 'train' ? `-${copy + 1}` : ''}.png`;
}

async function countPictures(directory: string): Promise<number> {
  let pictures = 0;
  for (const split of SPLITS) {
    const entries = await readdir(join(directory, split), { recursive: true }).catch(() => []);
    pictures += entries.filter((name) => name.endsWith('.png')).length;
  }
  return pictures;
}

/** Renames `made` to `directory`; what was there goes. */
async function putInPlace(made: string, directory: string): Promise<void> {
  const old = `${directory}.unfinished-old-${process.pid}`;
  const hadOld = await rename(directory, old).then(
    () => true,
    () => false,
  );
  await rename(made, directory).catch(async (error: unknown) => {
    // Another process wrote the same pictures there in the meantime.
    if (isCurrent(await readManifest(directory), await currentVersions())) return;
    throw error;
  });
  if (hadOld) await rm(old, { recursive: true, force: true });
}

const ABANDONED_AFTER_MS = 3_600_000;

/** Removes what a killed process left beside `directory`. */
async function removeAbandoned(directory: string): Promise<void> {
  const parent = dirname(directory);
  for (const name of await readdir(parent)) {
    if (!name.startsWith(`${basename(directory)}.unfinished-`)) continue;
    const path = join(parent, name);
    const stats = await stat(path).catch(() => undefined);
    if (stats === undefined || Date.now() - stats.mtimeMs < ABANDONED_AFTER_MS) continue;
    await rm(path, { recursive: true, force: true });
  }
}
