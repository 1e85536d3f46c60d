import { access, copyFile, link, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** The state that a run resumes from, in the checkpoint's folder. */
export const LAST_FILE = 'last.safetensors';
/** What {@link LAST_FILE} of an earlier run is renamed to when a new run begins in its folder. */
export const PREVIOUS_FILE = 'previous.safetensors';
/** What stands before the name of an epoch's weights until a state names them. */
export const PENDING_PREFIX = '.pending-';

/** The state `age` writes before the last one. */
function stateFile(age: number): string {
  return age === 0 ? LAST_FILE : `last-${age}.safetensors`;
}

/** Names of the states in `directory`, the newest first; none if there is no such folder. */
export async function stateFiles(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  return names
    .flatMap((name) => {
      const match = /^last(?:-(\d+))?\.safetensors$/.exec(name);
      return match === null ? [] : [{ name, age: Number(match[1] ?? 0) }];
    })
    .sort((left, right) => left.age - right.age)
    .map(({ name }) => name);
}

/**
 * Makes room for a new last state: each becomes one older, and what is older than `count` states is removed.
 *
 * The last one keeps its name too until it is replaced, so that there is never none.
 */
export async function ageStates(directory: string, count: number): Promise<void> {
  const present = await stateFiles(directory);
  for (const name of present)
    if (indexOf(name) >= count - 1 && name !== LAST_FILE) await rm(join(directory, name));
  for (let age = count - 2; age >= 1; age--) {
    if (present.includes(stateFile(age)))
      await rename(join(directory, stateFile(age)), join(directory, stateFile(age + 1)));
  }
  if (count < 2 || !present.includes(LAST_FILE)) return;
  const [last, older] = [join(directory, LAST_FILE), join(directory, stateFile(1))];
  await rm(older, { force: true });
  // Some file systems have no hard links.
  await link(last, older).catch(() => copyFile(last, older));
}

function indexOf(name: string): number {
  return Number(/-(\d+)\./.exec(name)?.[1] ?? 0);
}

/** A new run in an old run's folder: the old run stays resumable under another name until the next one. */
export async function setAside(directory: string): Promise<void> {
  const [newest, ...older] = await stateFiles(directory);
  if (newest === undefined) return;
  await rename(join(directory, newest), join(directory, PREVIOUS_FILE));
  for (const name of older) await rm(join(directory, name));
}

/** True if there is something of that path. */
export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
