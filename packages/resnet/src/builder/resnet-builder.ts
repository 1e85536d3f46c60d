import type * as tf from '@tensorflow/tfjs';

import type { Architecture } from './architecture';
import { buildResNet } from './build-resnet';
import type { AnyResNetOptions, PretrainedResNetOptions, ResNetOptions } from './options';

/** A builder of one net: the model at once or, with `weights`, a promise of it. */
export interface ResNetBuilder {
  /**
   * The net with values drawn at random.
   *
   * @param options Those of keras.applications in camelCase, and more.
   * @returns A model from [batch, 224, 224, 3] to [batch, 1000], by default; the caller's to dispose.
   * @throws ArgumentError for what keras.applications refuses too, for an unknown option and for one out of range.
   */
  (options?: ResNetOptions): tf.LayersModel;
  /**
   * The net with the values of published weights or of a file: from Keras' cache, from the zoo's, or downloaded and verified.
   *
   * The metadata of a net with published weights say what pixels it reads: `modelMetadata(model).normalization`.
   *
   * @throws (rejects) ArgumentError as above and where nothing is published for the net; ZooError 'download' where the file can't be
   *   had, 'weights-mismatch' or 'invalid-file' where it does not fit.
   */
  (options: PretrainedResNetOptions): Promise<tf.LayersModel>;
  /** Either, where `weights` may be null or not: `await` takes both. */
  (options?: AnyResNetOptions): tf.LayersModel | Promise<tf.LayersModel>;
}

/** A builder of several nets, told apart by a depth or name; see {@link ResNetBuilder}. */
export interface ResNetBuilderBy<Key> {
  /** The net with values drawn at random. */
  (key: Key, options?: ResNetOptions): tf.LayersModel;
  /** The net with the values of published weights or of a file. */
  (key: Key, options: PretrainedResNetOptions): Promise<tf.LayersModel>;
  /** Either, where `weights` may be null or not: `await` takes both. */
  (key: Key, options?: AnyResNetOptions): tf.LayersModel | Promise<tf.LayersModel>;
}

/** A builder that knows the row of data it builds from. */
export interface DescribedBuilder extends ResNetBuilder {
  /** @internal */
  readonly architecture: () => Architecture;
}

/** The builder of the net that `architecture` describes; it is asked for when a net is built, so that an unused one costs nothing. */
export function resnetBuilder(architecture: () => Architecture): DescribedBuilder {
  const build = ((options) => buildOrLoad(architecture(), options)) as ResNetBuilder;
  return Object.assign(build, { architecture });
}

/** Builds a net, at once or with weights. */
export function buildOrLoad(
  architecture: Architecture,
  options: AnyResNetOptions = {},
): tf.LayersModel | Promise<tf.LayersModel> {
  if ((options.weights ?? null) === null) return buildResNet(architecture, options);
  return loadResNet(architecture, options as PretrainedResNetOptions);
}

/** The catalogue and the readers of weight files come in a piece of their own: who builds without weights never loads it. */
async function loadResNet(
  architecture: Architecture,
  options: PretrainedResNetOptions,
): Promise<tf.LayersModel> {
  const { buildPretrained } = await import('../pretrained/build-pretrained');
  return buildPretrained(architecture, options);
}
