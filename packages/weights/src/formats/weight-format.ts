import type * as tfl from '@tensorflow/tfjs-layers';

import { renamed, type RenameLayer } from '../keras/name-stored-layers';
import type { LoadOptions } from '../model/assign-weights';
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

/** What loading weights of any format takes. */
export interface LoadWeightsOptions extends LoadOptions {
  /**
   * What a layer of the file is called in the model: a function, or a table; names that a table lacks stay, undefined leaves the layer
   * out. Where layers of a Keras file are found by their order, it settles which is which of the layers that it names. Of a PyTorch
   * file it gets the modules' names, and stands before the names of ResNets, which are known: see {@link torchResnetName}.
   */
  rename?: RenameLayer;
  /** Load what fits and report the rest, instead of refusing. Default: false. */
  skipMismatch?: boolean;
}

/** Options of loaders that read Keras files. */
export interface LoadKerasWeightsOptions extends LoadWeightsOptions {
  /**
   * `name` fits layers of equal names. `topology` fits the first layer with weights to the first, the second to the second and so on,
   * as Keras does; files other than legacy `.h5` have no such order. It is refused where layers of equal shapes could come in either
   * order, unless the file's names, its architecture or Keras' running numbers (`conv2d_7`) prove which.
   *
   * Default: by name or, where file and model have no name in common that a program gave, by `topology`; in `.weights.h5` and
   * `.keras` then the first layer of each class to the first, as Keras does, with the same proof. Other formats have names alone.
   */
  by?: 'name' | 'topology';
}

/** How {@link OpenedFile.match} goes about it. */
export type MatchOptions = Pick<LoadKerasWeightsOptions, 'by' | 'rename' | 'skipMismatch'>;

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
  /** True if the file is of this kind, by its first 512 bytes or what else it takes; names don't count. */
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
