import { isJsonObject, MAXIMUM_JSON_BYTES } from '../architecture/json-object';
import { parseJson } from '../architecture/parse-json';
import { openHdf5, type Hdf5Group } from '../hdf5/hdf5-file';
import { invalidFile, readWithin, type ByteSource } from '../source/byte-source';

import type { KerasFile } from './keras-file';
import { zooTexts } from './legacy-h5';
import { readWeightsH5 } from './weights-h5';

const MAXIMUM_SHARDS = 10_000;

/** Reads `.weights.json`, Keras' index of weights in several files, and the directories of all of them. */
export async function readWeightsShards(source: ByteSource): Promise<KerasFile> {
  const { name } = source;
  if (source.sizeBytes > MAXIMUM_JSON_BYTES) throw invalidFile(name, 'is an index beyond any sound size');
  const text = new TextDecoder().decode(await readWithin(source, 0, source.sizeBytes));
  const json = parseJson(text, name, 'is no JSON');
  const map = isJsonObject(json) ? json['weight_map'] : undefined;
  if (!isJsonObject(map)) throw invalidFile(name, 'is no index of weights as Keras writes it');
  const files = [...new Set(Object.values(map).flat())];
  const areNames = files.every((file) => typeof file === 'string' && /^[^/\\]+\.weights\.h5$/.test(file));
  if (!areNames || files.length > MAXIMUM_SHARDS)
    throw invalidFile(name, 'lists files that are no shards of weights');
  if (source.sibling === undefined) {
    throw invalidFile(
      name,
      'lists other files, which bytes alone do not lead to',
      'Give its path or address.',
    );
  }
  const roots: Hdf5Group[] = [];
  for (const file of files) roots.push(await openHdf5(await source.sibling(file as string)));
  return {
    format: 'weights-h5',
    name,
    kerasVersion: '3',
    kerasMajor: 3,
    backend: undefined,
    modelConfig: undefined,
    trainingConfig: undefined,
    metadata: await zooTexts(roots[0]!),
    ...(await readWeightsH5(roots, name)),
  };
}
