import type * as tf from '@tensorflow/tfjs';
import { expectKnownOptions, expectOneOf, METADATA_KEY, modelMetadataJson } from '@zoo/core';

import { assignWeights, type LoadOptions } from '../model/assign-weights';
import { matchByName } from '../model/match-weights';
import { leafLayers, type ModelWeight } from '../model/model-layers';
import { metadataRestorer } from '../model/restore-metadata';
import { expectFit, type WeightsReport } from '../model/weights-report';
import { readWithin } from '../source/byte-source';
import { withSource, type WeightFile } from '../source/open-source';
import type { StoredLayer, StoredTensor } from '../stored-tensor';
import { decodeValues, type TensorValues } from '../tensor-data';

import { readSafetensorsTable } from './read-safetensors';
import { writeSafetensors, type NamedTensor } from './write-safetensors';

/** Options of {@link loadSafetensors}. */
export interface LoadSafetensorsOptions extends LoadOptions {
  /** Load what fits and report the rest, instead of refusing. Default: false. */
  skipMismatch?: boolean;
}

/** The weights of `model` as a safetensors file, under the names `<layer>/<weight>`, in TensorFlow's layouts. */
export async function encodeSafetensors(model: tf.LayersModel): Promise<Uint8Array<ArrayBuffer>> {
  const tensors: [string, NamedTensor][] = [];
  for (const { weights } of leafLayers(model)) {
    for (const weight of weights) tensors.push([weight.name, await namedTensor(weight)]);
  }
  const metadata = modelMetadataJson(model);
  return writeSafetensors(tensors, {
    format: 'tf',
    ...(metadata !== undefined && { [METADATA_KEY]: metadata }),
  });
}

/**
 * Loads a safetensors file that {@link encodeSafetensors} made into a model with the same layers' names; strict, as
 * `loadKerasWeights`. For one with PyTorch's names and layouts see `loadTorchWeights`.
 *
 * @throws ZooError 'weights-mismatch', 'invalid-file', 'download'.
 */
export async function loadSafetensors(
  model: tf.LayersModel,
  file: WeightFile,
  options: LoadSafetensorsOptions = {},
): Promise<WeightsReport> {
  expectKnownOptions('options', options, ['skipMismatch', 'signal', 'onProgress']);
  return withSource(file, options, async (source) => {
    const { entries, metadata } = await readSafetensorsTable(source);
    const layers = new Map<string, StoredTensor[]>();
    for (const [name, { shape, type, offset, sizeBytes }] of entries) {
      const layer = name.slice(0, Math.max(0, name.lastIndexOf('/')));
      const read = async () => decodeValues(await readWithin(source, offset, sizeBytes), type);
      const tensors = layers.get(layer) ?? [];
      tensors.push({ name, shape, type, read });
      layers.set(layer, tensors);
    }
    const stored = Array.from(layers, ([name, tensors]): StoredLayer => ({ name, tensors }));
    const { assignments, report } = matchByName(leafLayers(model), stored, ({ tensors }) => tensors);
    if (options.skipMismatch !== true) expectFit(report, source.name, model.name);
    const restoreMetadata = metadataRestorer(model, metadata, source.name);
    await assignWeights(assignments, options);
    restoreMetadata();
    return report;
  });
}

async function namedTensor({ variable }: ModelWeight): Promise<NamedTensor> {
  expectOneOf('dtype', variable.dtype, ['float32', 'int32', 'bool']);
  return { shape: variable.shape as number[], values: (await variable.read().data()) as TensorValues };
}
