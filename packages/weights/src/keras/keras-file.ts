import type { Hdf5Dataset } from '../hdf5/hdf5-file';
import type { FileTexts } from '../model/restore-metadata';
import type { StoredLayer, StoredTensor } from '../stored-tensor';

/** The layouts that Keras has had for its files. */
export type KerasFormat = 'legacy-h5' | 'weights-h5' | 'keras-archive';

/** A Keras file, opened: its architecture, if it holds one, and its weights by layer, unread. */
export interface KerasFile {
  readonly format: KerasFormat;
  /** The file's name, for messages. */
  readonly name: string;
  /** The Keras version; 1 where a legacy file does not say, 3 where a newer one does not. */
  readonly kerasVersion: string;
  /** The version's first number. */
  readonly kerasMajor: number;
  /** What Keras ran on, if the file says. */
  readonly backend: string | undefined;
  /** The model's architecture as it is in the file, parsed JSON; undefined if the file holds weights only. */
  readonly modelConfig: unknown;
  /** Loss, metrics and optimizer as in the file, parsed JSON; undefined if it was not compiled. */
  readonly trainingConfig: unknown;
  /** What the zoo wrote beside the weights: see `ModelMetadata`. Empty in other programs' files. */
  readonly metadata: FileTexts;
  /** Layers in the file's order. */
  readonly layers: readonly StoredLayer[];
  /**
   * How layers are told apart: legacy files by the names of the model's own layers; newer ones by the names of all layers,
   * those of nested models included, or (older ones among them) by class and count.
   */
  readonly layerNames: 'top' | 'leaf' | 'class-count';
  /** The optimizer's variables in the file's order; empty if there are none. */
  readonly optimizer: readonly StoredTensor[];
  /** Throws unless the weights have the checksum that stands beside them; only an archive has one. */
  verify?(): Promise<void>;
}

/** A dataset as a {@link StoredTensor}; one that holds no numbers is found out when it is read. */
export function storedDataset(name: string, dataset: Hdf5Dataset): StoredTensor {
  return { name, shape: dataset.shape, type: dataset.type ?? 'float32', read: () => dataset.read() };
}
