import type * as tfl from '@tensorflow/tfjs-layers';

import type { Preprocessing } from './preprocessing';

/**
 * How a classifier's outputs are read.
 *
 * - `softmax`: one class of several; the probabilities of a picture sum to 1.
 * - `multiLabel`: one sigmoid per class; any number of classes can be true.
 * - `binary`: one unit that tells two classes apart; its sigmoid is the probability of the second.
 */
export type HeadKind = (typeof HEAD_KINDS)[number];

/** The names in {@link HeadKind}. */
export const HEAD_KINDS = ['softmax', 'multiLabel', 'binary'] as const;

/** An option that a network was built with, as JSON keeps it. */
export type ArchitectureOption = string | number | boolean | null;

/**
 * What a saved classifier needs besides its weights: its preprocessing and its class names.
 *
 * It travels in the model's `userDefinedMetadata`, which TensorFlow.js itself writes into `model.json` and reads from it, so that a model
 * saved by anyone's `model.save` keeps it. The savers of `@zoo/weights` write it into every other format too.
 */
export interface ModelMetadata {
  /** Names of the classes, in the order of the model's outputs; two of them for a binary head. */
  readonly classNames?: readonly string[];
  /** How pictures become the model's input; a part is left out where nobody knows it. */
  readonly preprocessing?: Partial<Preprocessing>;
  /** How the outputs are read. Where it is left out, the last layer tells: see `classifierHead`. */
  readonly head?: HeadKind;
  /**
   * What logits are divided by before they become probabilities, above 0: fitted on held-out pictures, so that of the answers given with
   * 80 % four of five are right (Guo et al. 2017). Whoever reads the outputs by `classProbabilities` applies it; 1 where it is left out.
   */
  readonly temperature?: number;
  /** The licence of the weights that the model was opened with, in their publisher's words: `apache-2.0`. */
  readonly licence?: string;
  /** What the network was built as: 'resnet18', a name for `createResnet`. */
  readonly architecture?: string;
  /** The options it was built with where they are not the architecture's own: `{ variant: 'torchvision', stem: 'small' }`. */
  readonly architectureOptions?: Readonly<Record<string, ArchitectureOption>>;
}

/** What file formats and TensorFlow.js' user-defined metadata keep a {@link ModelMetadata} under. */
export const METADATA_KEY = 'zoo';

/** Writes `metadata` into the model and keeps its other user-defined metadata; later saves store it. */
export function setModelMetadata(model: tfl.LayersModel, metadata: ModelMetadata): void {
  // A round trip through JSON drops undefined values and prototypes, which tfjs refuses, and copies the caller's arrays.
  const plain = JSON.parse(JSON.stringify(metadata)) as object;
  model.setUserDefinedMetadata({
    ...(model.getUserDefinedMetadata() as object | undefined),
    [METADATA_KEY]: plain,
  });
}
