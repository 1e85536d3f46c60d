import type * as tf from '@tensorflow/tfjs';

import type { RenameLayer } from '../keras/name-stored-layers';
import type { LoadOptions } from '../model/assign-weights';
import type { WeightsReport } from '../model/weights-report';
import type { ByteSource } from '../source/byte-source';

/** A tensor of a weight file, without its values. */
export interface InspectedTensor {
  /** PyTorch's name without the prefixes of its wrappers, or `<layer>/<weight>`. */
  readonly name: string;
  readonly shape: readonly number[];
}

/** What a weight file holds, without the values of its weights. */
export interface WeightsInspection {
  /** What to call the file in an error message. */
  readonly fileName: string;
  readonly format: 'legacy-h5' | 'weights-h5' | 'keras-archive' | 'pytorch' | 'safetensors';
  /** How kernels lie: 'tensorflow' [height, width, in, out] and [in, out], or 'pytorch' [out, in, height, width] and [out, in]. */
  readonly kernelOrder: 'tensorflow' | 'pytorch';
  /** All tensors, in the file's order. */
  readonly tensors: readonly InspectedTensor[];
  /** Names of the layers, in the file's order; a legacy `.h5` lists those without weights too. */
  readonly layerNames: readonly string[];
  /** The model's architecture as Keras wrote it, parsed JSON; undefined if the file holds weights alone. */
  readonly architecture: unknown;
  /** Names of the classes in label order, where a PyTorch training script kept them: `class_to_idx` or `classes`. */
  readonly classNames: readonly string[] | undefined;
  /** The texts that a file keeps beside its tensors; under `zoo` class names and preprocessing, if the zoo wrote them. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** What any format's loading of weights takes; each uses what it has a meaning for. */
export interface LoadWeightsFileOptions extends LoadOptions {
  /** How a Keras file's weights find their layers: see `loadKerasWeights`. */
  by?: 'name' | 'topology';
  /** What a layer of a Keras file is called in the model: see `loadKerasWeights`. */
  rename?: RenameLayer;
  /** Load what fits and report the rest, instead of refusing. Default: false. */
  skipMismatch?: boolean;
}

/** A kind of weight file: how it is told, what is in it, how it fills a model. */
export interface WeightFormat {
  /** For people: 'PyTorch'. */
  readonly title: string;
  /** True if the file is of this kind, by its first 512 bytes or what else it takes; names don't count. */
  isOf(source: ByteSource, start: Uint8Array): boolean | Promise<boolean>;
  /** Its directory; no weight is read. */
  inspect(source: ByteSource): Promise<WeightsInspection>;
  /** Fills `model`, all or nothing. */
  load(model: tf.LayersModel, source: ByteSource, options: LoadWeightsFileOptions): Promise<WeightsReport>;
}

/** What stands before the last `separator` in each name, each once. */
export function parentNames(tensors: readonly InspectedTensor[], separator: string): string[] {
  return [...new Set(tensors.map(({ name }) => name.slice(0, Math.max(0, name.lastIndexOf(separator)))))];
}

/** What every loader takes of `options`: names of layers are the Keras loader's matter. */
export function commonOptions(
  options: LoadWeightsFileOptions,
): Omit<LoadWeightsFileOptions, 'by' | 'rename'> {
  const common = { ...options };
  delete common.by;
  delete common.rename;
  return common;
}
