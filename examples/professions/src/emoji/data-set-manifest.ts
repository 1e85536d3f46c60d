import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import sharp from 'sharp';

import { TRAINING_STYLES, UNSEEN_STYLE } from './art-styles';
import { packageVersions } from './read-emoji';

/** What a data set was made from: another value of any of these makes other pictures. */
export interface DataSetManifest {
  /** {@link GENERATOR_VERSION} of the code that drew it. */
  readonly generator: number;
  /** Versions of the emoji packages, of sharp and of what it draws with. */
  readonly versions: Readonly<Record<string, string>>;
  /** Files in it. */
  readonly pictures: number;
}

/** To be raised with every change of code that changes a picture or its place. */
export const GENERATOR_VERSION = 1;

/** The manifest's file, in the data set's folder. */
export const MANIFEST_FILE = 'data-set.json';

/** What a data set made now would be made from. */
export async function currentVersions(): Promise<Record<string, string>> {
  const packages = [...TRAINING_STYLES, UNSEEN_STYLE].map(({ packageName }) => packageName);
  const { sharp: itself, vips, rsvg } = sharp.versions;
  return { ...(await packageVersions(packages)), sharp: itself, vips, rsvg: rsvg ?? 'unknown' };
}

/** The manifest of the data set in `directory`, or undefined if there is none that can be read. */
export async function readManifest(directory: string): Promise<DataSetManifest | undefined> {
  try {
    return JSON.parse(await readFile(join(directory, MANIFEST_FILE), 'utf8')) as DataSetManifest;
  } catch {
    return undefined;
  }
}

/** True if `manifest` describes what the generator at hand would make. */
export function isCurrent(
  manifest: DataSetManifest | undefined,
  versions: Readonly<Record<string, string>>,
): manifest is DataSetManifest {
  if (manifest?.generator !== GENERATOR_VERSION) return false;
  const names = Object.keys(versions);
  return (
    Object.keys(manifest.versions).length === names.length &&
    names.every((name) => manifest.versions[name] === versions[name])
  );
}
