import type * as tf from '@tensorflow/tfjs';
import { ArgumentError, expectKnownOptions, expectOneOf } from '@zoo/core';

import { assignWeights, type LoadOptions } from '../model/assign-weights';
import { metadataRestorer } from '../model/restore-metadata';
import type { WeightsReport } from '../model/weights-report';
import { withSource, type WeightFile } from '../source/open-source';

import type { KerasFile } from './keras-file';
import { matchKerasFile } from './match-keras-file';
import type { RenameLayer } from './name-stored-layers';
import { openKerasFile } from './open-keras-file';

/** Options of {@link loadKerasWeights}. */
export interface LoadKerasWeightsOptions extends LoadOptions {
  /**
   * `name` fits layers of equal names. `topology` fits the first layer with weights to the first, the second to the second and so on,
   * as Keras does; files other than legacy `.h5` have no such order. It is refused where layers of equal shapes could come in either
   * order, unless the file's names, its architecture or Keras' running numbers (`conv2d_7`) prove which.
   *
   * Default: by name or, where file and model have no name in common that a program gave, by `topology`; in `.weights.h5` and
   * `.keras` then the first layer of each class to the first, as Keras does, with the same proof.
   */
  by?: 'name' | 'topology';
  /** Load what fits and report the rest, instead of refusing. Default: false. */
  skipMismatch?: boolean;
  /**
   * What a layer of the file is called in the model; names that a table lacks stay. By order, it settles which is which of the layers
   * that it names.
   */
  rename?: RenameLayer;
}

/**
 * Loads the weights of a Keras file into `model`: legacy `.h5` of Keras 1 to 3 (full model or weights only), `.weights.h5` or
 * `.keras`. The kind is recognised by content.
 *
 * Layers of ResNets that bear the names of keras.applications before 2019, or of the deeplearning.ai course (`res2a_branch2a`), are
 * known by those too.
 *
 * Strict by default: either every weight of model and file finds its partner of the same shape, or the model stays as it was
 * and one error lists all that is missing, unexpected or of another shape.
 *
 * @param model The model; its architecture is not changed.
 * @param file A path (in Node), address, Blob, File, bytes or ByteSource.
 * @returns What was loaded and, with `skipMismatch`, what was not.
 * @throws ZooError 'weights-mismatch' if they do not fit, 'invalid-file' or 'unsupported' if the file is not sound or uses
 *   what is not read, 'download' if its address does not answer; ArgumentError.
 *
 * @example
 * await loadKerasWeights(resnet50(), 'resnet50_weights_tf_dim_ordering_tf_kernels.h5');
 */
export async function loadKerasWeights(
  model: tf.LayersModel,
  file: WeightFile,
  options: LoadKerasWeightsOptions = {},
): Promise<WeightsReport> {
  expectKnownOptions('options', options, ['by', 'skipMismatch', 'rename', 'signal', 'onProgress']);
  const by =
    options.by === undefined ? undefined : expectOneOf('options.by', options.by, ['name', 'topology']);
  return withSource(file, options, async (source) => {
    const kerasFile = await openKerasFile(source);
    if (by === 'topology') expectListedLayers(kerasFile);
    const { skipMismatch, rename } = options;
    const { assignments, report } = matchKerasFile(model, kerasFile, { by, skipMismatch, rename });
    const restoreMetadata = metadataRestorer(model, kerasFile.metadata, source.name);
    await assignWeights(assignments, options);
    restoreMetadata();
    return report;
  });
}

/** A legacy file lists its layers; the groups of a newer one come in alphabetical order. */
function expectListedLayers({ format, name }: KerasFile): void {
  if (format === 'legacy-h5') return;
  throw new ArgumentError(
    'options.by',
    `'name' for ${name}, because a ${format === 'keras-archive' ? '.keras' : '.weights.h5'} does not list its layers in order,`,
    'topology',
    'Leave `by` out: layers are found by name, or by class and number as Keras finds them. Or save the whole model as `.h5` in Keras.',
  );
}
