import { appendFile, mkdir, readdir, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';

import { namingPath } from '@zoo/weights/node';

import { fileVersionRecord, graphRecord, summaryRecord } from './event-record';
import type { Fields } from './protocol-buffers';

/** A file of events and how much of it has been written: what a checkpoint keeps. */
export interface EventFilePlace {
  readonly name: string;
  readonly sizeBytes: number;
}

/** A file of events that is being written. */
export interface EventFile {
  /** Writes values, made by what is in summary-values.ts; nothing where there are none. */
  write(step: number, values: readonly Fields[]): Promise<void>;
  writeGraph(graph: Fields): Promise<void>;
  place(): { name: string; sizeBytes: number };
}

/** How the names of our files end: those of other programs in the same folder are left alone. */
const OWN_SUFFIX = '.zoo.v2';

let fileCount = 0;

/**
 * Opens a file in `folder`: the one at `saved`, cut off there, or else a new one.
 *
 * Other files of ours are removed: what they hold came after the checkpoint, and comes again.
 */
export async function openEventFile(folder: string, saved: EventFilePlace | undefined): Promise<EventFile> {
  await namingPath('make the folder', folder, () => mkdir(folder, { recursive: true }));
  const name = saved === undefined ? undefined : await cutOff(folder, saved);
  for (const other of await ownFiles(folder)) if (other !== name) await rm(join(folder, other));
  return name === undefined ? newEventFile(folder) : eventFile(folder, name, saved!.sizeBytes);
}

/** Moves what an earlier run left in `folder` to `target`, in the place of what is there. */
export async function setEventsAside(folder: string, target: string): Promise<void> {
  const names = await ownFiles(folder);
  if (names.length === 0) return;
  for (const old of await ownFiles(target)) await rm(join(target, old));
  await mkdir(target, { recursive: true });
  for (const name of names) await rename(join(folder, name), join(target, name));
}

async function ownFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith(OWN_SUFFIX));
}

/** The file's name, or undefined if it is gone or shorter than it was. */
async function cutOff(folder: string, { name, sizeBytes }: EventFilePlace): Promise<string | undefined> {
  // The name comes from a file: it may name nothing outside the folder.
  const path = join(folder, basename(name));
  const size = (await stat(path).catch(() => undefined))?.size ?? 0;
  if (size < sizeBytes) return undefined;
  await namingPath('write', path, () => truncate(path, sizeBytes));
  return basename(name);
}

async function newEventFile(folder: string): Promise<EventFile> {
  const seconds = Date.now() / 1000;
  // The name must sort by time; process and counter distinguish two files of the same second.
  const name = `events.out.tfevents.${Math.floor(seconds)}.${hostname()}.${process.pid}.${fileCount++}${OWN_SUFFIX}`;
  const record = fileVersionRecord(seconds);
  const path = join(folder, name);
  await namingPath('write', path, () => writeFile(path, record));
  return eventFile(folder, name, record.byteLength);
}

function eventFile(folder: string, name: string, startBytes: number): EventFile {
  const path = join(folder, name);
  let sizeBytes = startBytes;
  const append = async (record: Uint8Array): Promise<void> => {
    await namingPath('write', path, () => appendFile(path, record));
    sizeBytes += record.byteLength;
  };
  return {
    write: async (step, values) => {
      if (values.length > 0) await append(summaryRecord({ wallTime: Date.now() / 1000, step, values }));
    },
    writeGraph: (graph) => append(graphRecord(Date.now() / 1000, graph)),
    place: () => ({ name, sizeBytes }),
  };
}
