import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

import { ZooError } from '@zoo/core';
import type { EpochRecord } from '@zoo/train';
import type { ComparedRun } from '@zoo/train/node';
import { readRegularFile } from '@zoo/weights/node';

import { OUTPUT_FILES } from '../training/train-settings';

/** A folder that `zoo train` has written to. */
export interface RunFolder {
  readonly name: string;
  readonly path: string;
  /** When its history was written last, in milliseconds since 1970. */
  readonly changedMs: number;
  readonly hasReport: boolean;
}

/** Folders that are looked at: a folder of other things may hold any number. */
const MOST_FOLDERS = 1000;

/** Bytes of a history or of settings that are read: one line per epoch, of some hundred bytes. */
const MOST_BYTES = 16 * 1024 * 1024;

/** The runs in `folder`, or `folder` itself where it is one; what was written to last comes first. */
export async function runFolders(folder: string): Promise<RunFolder[]> {
  const own = await runFolder(folder, basename(resolve(folder)));
  if (own !== undefined) return [own];
  const entries = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const names = entries.slice(0, MOST_FOLDERS).map(({ name }) => name);
  const found = await Promise.all(names.map((name) => runFolder(join(folder, name), name)));
  return found
    .filter((run) => run !== undefined)
    .sort((left, right) => right.changedMs - left.changedMs || (left.name < right.name ? -1 : 1));
}

async function runFolder(path: string, name: string): Promise<RunFolder | undefined> {
  const history = await stat(join(path, OUTPUT_FILES.history)).catch(() => undefined);
  if (history?.isFile() !== true) return undefined;
  const report = await stat(join(path, OUTPUT_FILES.report)).catch(() => undefined);
  return { name, path, changedMs: history.mtimeMs, hasReport: report?.isFile() === true };
}

/** A run's history and settings from its files, which may be written just now; what can't be read is left out. */
export async function readRun({ name, path }: RunFolder): Promise<ComparedRun> {
  const settings = await readText(join(path, OUTPUT_FILES.settings));
  return {
    name,
    history: { epochs: epochsOf(await readText(join(path, OUTPUT_FILES.history))) },
    settings: (parsed(settings) as Record<string, unknown> | undefined) ?? {},
  };
}

async function readText(path: string): Promise<string> {
  try {
    if ((await stat(path)).size > MOST_BYTES) return '';
    return Buffer.from(await readRegularFile(path)).toString('utf8');
  } catch {
    return '';
  }
}

/** The epochs in the lines of `jsonLinesLogger`. */
function epochsOf(text: string): EpochRecord[] {
  return text.split('\n').flatMap((line) => {
    const entry = parsed(line) as Record<string, unknown> | undefined;
    if (typeof entry !== 'object' || !Number.isInteger(entry['epoch'])) return [];
    const { epoch, step, durationMs, ...rest } = entry;
    // A value that is not finite stands there as null.
    const metrics = Object.entries(rest).flatMap(([name, value]): [string, number][] =>
      typeof value === 'number' || value === null ? [[name, value ?? NaN]] : [],
    );
    return [
      {
        epoch: (epoch as number) - 1,
        step: Number(step),
        durationMs: Number(durationMs),
        metrics: Object.fromEntries(metrics),
      },
    ];
  });
}

function parsed(text: string): unknown {
  try {
    return (JSON.parse(text) as unknown) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Throws ZooError `invalid-file` unless `folder` can be listed. */
export async function expectRunsFolder(folder: string): Promise<void> {
  try {
    await readdir(folder);
  } catch (cause) {
    throw new ZooError(
      'invalid-file',
      `Expected a folder of runs at ${folder} but it can't be read. Give the folder that holds the output folders of zoo train.`,
      { cause },
    );
  }
}
