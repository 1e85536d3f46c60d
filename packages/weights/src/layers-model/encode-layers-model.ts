import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

import { modelTopology } from '../architecture/model-topology';
import { modelWeights, type ModelWeight } from '../model/model-layers';
import { isKernel } from '../quantize/kernel-axes';
import { affineSteps, quantizeAffine } from '../quantize/quantize-affine';
import { bytesOf, ELEMENT_BYTES, encodeValues, expectWithinFloat16 } from '../tensor-data';

/** How a weight is stored in fewer bytes, as TensorFlow.js has it: as float16, or as whole numbers times `scale`, from `min` on. */
export type WeightQuantization =
  | { readonly dtype: 'float16'; readonly original_dtype?: string }
  | {
      readonly dtype: 'uint8' | 'uint16';
      readonly scale: number;
      readonly min: number;
      readonly original_dtype?: string;
    };

/** A weight's entry in model.json. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly quantization?: WeightQuantization;
}

/** What weights of a LayersModel are stored as. */
export type LayersModelType = 'float32' | 'float16' | 'uint16' | 'uint8';

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

/**
 * The weights of `model` in the order and under the names that TensorFlow.js itself saves them. For whole numbers, `uint8` and `uint16`,
 * kernels are quantized and all else stays float32.
 *
 * @throws ArgumentError for a weight beyond float16; ZooError 'not-finite' for one that can't be quantized.
 */
export async function encodeLayersModelWeights(
  model: tfl.LayersModel,
  type: LayersModelType,
): Promise<EncodedWeights> {
  const seen = new Set<tfl.LayerVariable>();
  const weights = modelWeights(model).filter(({ variable }) => !seen.has(variable) && seen.add(variable));
  const specs: WeightSpec[] = [];
  for (const { variable } of weights) {
    const dtype = variable.dtype === 'int32' || variable.dtype === 'bool' ? variable.dtype : 'float32';
    const spec: WeightSpec = { name: variable.originalName, shape: variable.shape as number[], dtype };
    const quantization = dtype === 'float32' ? await quantizationOf(variable, type) : undefined;
    specs.push({ ...spec, ...(quantization && { quantization }) });
  }
  return {
    specs,
    sizeBytes: specs.reduce((total, spec) => total + specBytes(spec), 0),
    pieces: () => weightPieces(weights, specs),
  };
}

/** Bytes that a weight takes in the files of a LayersModel. */
export function specBytes({ shape, dtype, quantization }: WeightSpec): number {
  const type = quantization?.dtype ?? (dtype === 'bool' ? 'bool' : 'float32');
  return tf.util.sizeFromShape([...shape]) * ELEMENT_BYTES[type];
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

async function quantizationOf(
  variable: tfl.LayerVariable,
  type: LayersModelType,
): Promise<WeightQuantization | undefined> {
  const { originalName } = variable;
  if (type === 'float32') return undefined;
  if (type !== 'float16' && !isKernel(originalName, variable.shape)) return undefined;
  const values = (await variable.read().data()) as Float32Array;
  if (type !== 'float16') return { ...affineSteps(originalName, values, type), original_dtype: 'float32' };
  expectWithinFloat16(originalName, values);
  return { dtype: 'float16', original_dtype: 'float32' };
}

async function* weightPieces(
  weights: readonly ModelWeight[],
  specs: readonly WeightSpec[],
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (const [i, { variable }] of weights.entries()) {
    const values = (await variable.read().data()) as Float32Array;
    const quantization = specs[i]!.quantization;
    if (quantization === undefined) yield bytesOf(values);
    else if (quantization.dtype === 'float16') yield encodeValues(values, 'float16')!;
    else yield bytesOf(quantizeAffine(values, quantization));
  }
}
