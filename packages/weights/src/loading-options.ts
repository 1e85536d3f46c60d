import {
  ArgumentError,
  expectFunction,
  READING_OPTIONS,
  type AnyRow,
  type OptionsOf,
  type OptionTable,
} from '@zoo/core/options';

import type { RenameLayer } from './keras/name-stored-layers';

// Only tables, so that a program can build its own options from them before it loads TensorFlow.js.

/** Options of every function that reads files, for files at an address. */
export interface ReadOptions extends OptionsOf<typeof READING_OPTIONS> {}

/** Progress of loading. */
export interface LoadProgress {
  /** Name of the weight that was read last. */
  readonly name: string;
  /** Weights read so far. */
  readonly loadedWeights: number;
  /** Weights to read. */
  readonly totalWeights: number;
  /** Bytes of values read so far. */
  readonly loadedBytes: number;
  /** Bytes of values to read. */
  readonly totalBytes: number;
}

/** {@link LoadOptions}, as data. */
export const LOAD_OPTIONS = {
  ...READING_OPTIONS,
  /** Called after each weight. */
  onProgress: {
    type: 'any',
    expected: 'a function of a LoadProgress',
    check: expectFunction,
  } as AnyRow<(progress: LoadProgress) => void>,
} as const satisfies OptionTable;

/** Options of every call that loads weights. */
export interface LoadOptions extends OptionsOf<typeof LOAD_OPTIONS> {}

/** {@link LoadWeightsOptions}, as data. */
export const LOAD_WEIGHTS_OPTIONS = {
  ...LOAD_OPTIONS,
  /**
   * What a layer of the file is called in the model: a function, or a table; names that a table lacks stay, undefined leaves the layer
   * out. Where layers of a Keras file are found by their order, it settles which is which of the layers that it names. Of a PyTorch
   * file it gets the modules' names, and stands before the names of ResNets, which are known: see `torchResnetName`.
   */
  rename: {
    type: 'any',
    expected: 'a function of a name, or a table of names',
    check: (argument, value) => {
      if (typeof value === 'function' || (typeof value === 'object' && value !== null)) return value;
      throw new ArgumentError(argument, 'a function of a name, or a table of names', value);
    },
  } as AnyRow<RenameLayer>,
  /** Load what fits and report the rest, instead of refusing. Default: false. */
  skipMismatch: { type: 'boolean', default: false },
} as const satisfies OptionTable;

/** Options of every loader that matches weights with a model's. */
export interface LoadWeightsOptions extends OptionsOf<typeof LOAD_WEIGHTS_OPTIONS> {}

/** {@link LoadKerasWeightsOptions}, as data. */
export const LOAD_KERAS_WEIGHTS_OPTIONS = {
  ...LOAD_WEIGHTS_OPTIONS,
  /**
   * `name` fits layers of equal names. `topology` fits the first layer with weights to the first, the second to the second and so on,
   * as Keras does; files other than legacy `.h5` have no such order. It is refused where layers of equal shapes could come in either
   * order, unless the file's names, its architecture or Keras' running numbers (`conv2d_7`) prove which.
   *
   * Default: by name or, where file and model have no name in common that a program gave, by `topology`; in `.weights.h5` and
   * `.keras` then the first layer of each class to the first, as Keras does, with the same proof. Other formats have names alone.
   */
  by: { type: 'choice', choices: ['name', 'topology'] },
} as const satisfies OptionTable;

/** Options of loaders that read Keras files. */
export interface LoadKerasWeightsOptions extends OptionsOf<typeof LOAD_KERAS_WEIGHTS_OPTIONS> {}
