import type * as tfl from '@tensorflow/tfjs-layers';

import { renamed } from '../keras/name-stored-layers';
import type { LoadKerasWeightsOptions } from '../loading-options';
import { matchByName, type Match } from '../model/match-weights';
import { leafLayers } from '../model/model-layers';
import type { FileTexts } from '../model/restore-metadata';
import type { ByteSource } from '../source/byte-source';
import { layersOf, type StoredTensor } from '../stored-tensor';

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
  /** The kind of file: 'legacy-h5', 'weights-h5', 'keras-archive', 'pytorch', 'safetensors'. */
  readonly format: string;
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
  readonly metadata: FileTexts;
}

/** How {@link OpenedFile.match} goes about it. */
export interface MatchOptions extends Pick<LoadKerasWeightsOptions, 'by' | 'rename'> {
  readonly skipMismatch: boolean;
}

/** A weight file whose directory has been read, and no weight yet. */
export interface OpenedFile {
  readonly name: string;
  /** What stands beside the weights: see {@link WeightsInspection.metadata}. */
  readonly metadata: FileTexts;
  inspect(): WeightsInspection;
  /** Which of the file's tensors goes to which of the model's weights, and what fits nowhere. */
  match(model: tfl.LayersModel, options: MatchOptions): Match;
  /** What to do where file and model do not fit. Default: `skipMismatch`. */
  readonly advice?: string;
  /** Throws unless what was read has the checksums that stand in the file, where there are any. */
  verify?(): Promise<void>;
}

/** A kind of weight file: how it is told, and how it is opened. */
export interface WeightFormat {
  /** For people: 'PyTorch'. */
  readonly title: string;
  /** True if the file is of this kind, from its first 512 bytes or more of its content; its name does not count. */
  isOf(source: ByteSource, start: Uint8Array): boolean | Promise<boolean>;
  /** Reads its directory. */
  readonly open: (source: ByteSource) => Promise<OpenedFile>;
}

/** What stands before the last `separator` in each name, each once. */
export function parentNames(tensors: readonly InspectedTensor[], separator: string): string[] {
  return [...new Set(tensors.map(({ name }) => name.slice(0, Math.max(0, name.lastIndexOf(separator)))))];
}

/** Fits tensors called `<layer>/<weight>`, in TensorFlow's layouts, to the layers of those names. */
export function matchOwnNames(
  model: tfl.LayersModel,
  tensors: readonly StoredTensor[],
  { rename = {} }: MatchOptions,
): Match {
  const layers = layersOf(tensors, '/').flatMap((layer) => {
    const name = renamed(rename, layer.name);
    return name === undefined ? [] : [{ ...layer, name }];
  });
  return matchByName(leafLayers(model), layers, (stored) => stored.tensors);
}
