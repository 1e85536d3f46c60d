import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

import { modelTopology } from '../architecture/model-topology';
import { modelWeights, type ModelWeight } from '../model/model-layers';
import { bytesOf } from '../tensor-data';

/** A weight's entry in model.json. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
}

/** What model.json says; the weights' files are listed in `weightsManifest`. */
export interface LayersModelJson {
  readonly format?: string;
  readonly generatedBy?: string;
  readonly convertedBy?: string | null;
  readonly modelTopology: unknown;
  readonly userDefinedMetadata?: unknown;
  readonly weightsManifest: readonly {
    readonly paths: readonly string[];
    readonly weights: readonly WeightSpec[];
  }[];
}

/** A model's weights as model.json lists them, and their bytes one weight at a time. */
export interface EncodedWeights {
  readonly specs: readonly WeightSpec[];
  readonly sizeBytes: number;
  pieces(): AsyncGenerator<Uint8Array<ArrayBuffer>>;
}

/** The weights of `model` in the order and under the names that TensorFlow.js itself saves them. */
export function encodeLayersModelWeights(model: tfl.LayersModel): EncodedWeights {
  const seen = new Set<tfl.LayerVariable>();
  const weights = modelWeights(model).filter(({ variable }) => !seen.has(variable) && seen.add(variable));
  const specs = weights.map(({ variable }): WeightSpec => {
    const dtype = variable.dtype === 'int32' || variable.dtype === 'bool' ? variable.dtype : 'float32';
    return { name: variable.originalName, shape: variable.shape as number[], dtype };
  });
  return {
    specs,
    sizeBytes: specs.reduce((total, spec) => total + specBytes(spec), 0),
    pieces: () => weightPieces(weights),
  };
}

/** Bytes that a weight takes in the files of a LayersModel. */
export function specBytes({ shape, dtype }: WeightSpec): number {
  return tf.util.sizeFromShape([...shape]) * (dtype === 'bool' ? 1 : 4);
}

/** model.json for `model`, whose weights lie in files called `paths`. */
export function layersModelJson(
  model: tfl.LayersModel,
  specs: readonly WeightSpec[],
  paths: readonly string[],
): LayersModelJson {
  const metadata: unknown = model.getUserDefinedMetadata();
  return {
    format: 'layers-model',
    generatedBy: `TensorFlow.js tfjs-layers v${tfl.version_layers}`,
    convertedBy: null,
    modelTopology: modelTopology(model),
    ...(metadata == null ? {} : { userDefinedMetadata: metadata }),
    weightsManifest: [{ paths, weights: specs }],
  };
}

async function* weightPieces(weights: readonly ModelWeight[]): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (const { variable } of weights) yield bytesOf(await variable.read().data());
}
