import { METADATA_KEY } from '@zoo/core';

import { isJsonObject, MAXIMUM_JSON_BYTES } from '../architecture/json-object';
import { parseJson } from '../architecture/parse-json';
import { openHdf5 } from '../hdf5/hdf5-file';
import type { FileTexts } from '../model/restore-metadata';
import type { ByteSource } from '../source/byte-source';
import { openZipEntry, readZipText, type ZipEntry } from '../source/zip';

import type { KerasFile } from './keras-file';
import { readWeightsH5 } from './weights-h5';

/** True if an archive's files are those of a `.keras`. */
export function isKerasArchive(entries: ReadonlyMap<string, ZipEntry>): boolean {
  return entries.has('config.json') && entries.has('model.weights.h5');
}

/** Reads the directory of a `.keras`: metadata.json, config.json and model.weights.h5 in a ZIP archive. */
export async function readKerasArchive(
  source: ByteSource,
  entries: ReadonlyMap<string, ZipEntry>,
): Promise<KerasFile> {
  const config = await readJson(source, entries, 'config.json');
  const metadata = await readJson(source, entries, 'metadata.json');
  const weights = await openZipEntry(source, entries.get('model.weights.h5')!);
  const version = isJsonObject(metadata) ? String(metadata['keras_version']) : '3';
  return {
    format: 'keras-archive',
    name: source.name,
    kerasVersion: version,
    kerasMajor: Number.parseInt(version, 10) || 3,
    backend: undefined,
    modelConfig: config,
    trainingConfig: isJsonObject(config) ? config['compile_config'] : undefined,
    metadata: textsOf(metadata),
    verify: () => weights.verify(),
    ...(await readWeightsH5([await openHdf5(weights)], source.name)),
  };
}

/** What the zoo keeps in metadata.json. */
function textsOf(metadata: unknown): FileTexts {
  const value = isJsonObject(metadata) ? metadata[METADATA_KEY] : undefined;
  return value === undefined ? {} : { [METADATA_KEY]: JSON.stringify(value) };
}

async function readJson(
  source: ByteSource,
  entries: ReadonlyMap<string, ZipEntry>,
  name: string,
): Promise<unknown> {
  const entry = entries.get(name);
  if (entry === undefined) return undefined;
  const text = await readZipText(source, entry, MAXIMUM_JSON_BYTES);
  return parseJson(text, source.name, `holds a ${name} that is no JSON`);
}
