import type * as tfl from '@tensorflow/tfjs-layers';
import { readOptions, ZooError } from '@zoo/core/options';

import { buildModel } from '../architecture/build-model';
import { parseModel } from '../architecture/parse-model';
import { WeightBudget } from '../architecture/weight-budget';
import { LOAD_OPTIONS, type LoadOptions } from '../loading-options';
import { fillModel } from '../model/fill-model';
import { CONTRADICTORY } from '../model/weights-report';
import { invalidFile } from '../source/byte-source';
import { withSource, type WeightFile } from '../source/open-source';
import { elementCount } from '../tensor-data';

import type { KerasFile } from './keras-file';
import { matchKerasFile } from './match-keras-file';
import { openKerasFile } from './open-keras-file';

/** Options of {@link loadKerasModel}. */
export type LoadKerasModelOptions = LoadOptions;

/**
 * Builds the model that a Keras file describes, with its weights: a legacy `.h5` of Keras 1 to 3 with a full model, or a `.keras`. It takes
 * functional and sequential models.
 *
 * Batch norms are `@zoo/core`'s, so that the model trains correctly; it saves as a stock model. SpatialDropout2D becomes a Dropout with the
 * equivalent noise shape. Custom layers, Lambda among them, are refused by name: nothing in a file is ever executed.
 *
 * @throws ZooError 'unsupported' for layers that TensorFlow.js lacks, 'invalid-file' for a file that is not sound or holds no architecture,
 *   'weights-mismatch' if its weights do not fit its own architecture, 'download'.
 */
export async function loadKerasModel(
  file: WeightFile,
  options: LoadKerasModelOptions = {},
): Promise<tfl.LayersModel> {
  readOptions(LOAD_OPTIONS, options);
  return withSource(file, options, async (source) => {
    const kerasFile = await openKerasFile(source);
    const model = buildFromFile(kerasFile, source.sizeBytes);
    try {
      const match = matchKerasFile(model, kerasFile, { by: 'name', skipMismatch: true });
      const isWeightless = model.weights.length === 0 && match.report.unexpected.length === 0;
      const file = { ...kerasFile, advice: CONTRADICTORY };
      await fillModel(model, file, match, { ...options, skipMismatch: isWeightless });
      return model;
    } catch (error) {
      model.dispose();
      throw error;
    }
  });
}

/** Most that deflate packs into a byte. */
const HIGHEST_COMPRESSION = 1032;
/** What any file may say that it holds. */
const ALWAYS_ALLOWED_BYTES = 64 * 1024 * 1024;

function buildFromFile(file: KerasFile, sizeBytes: number): tfl.LayersModel {
  if (file.modelConfig === undefined) {
    throw new ZooError(
      'invalid-file',
      `Expected a full model but ${file.name} holds weights only. Build the model and load them with loadKerasWeights.`,
    );
  }
  const { name: fileName, kerasMajor } = file;
  const tensors = file.layers.flatMap((layer) => layer.tensors);
  const elements = tensors.reduce((total, { shape }) => total + elementCount(shape), 0);
  if (4 * elements > Math.max(ALWAYS_ALLOWED_BYTES, HIGHEST_COMPRESSION * sizeBytes)) {
    throw invalidFile(fileName, 'says that it holds more numbers than fit into its bytes');
  }
  const spec = parseModel(file.modelConfig, { fileName, kerasMajor });
  return buildModel(spec, { fileName, budget: new WeightBudget(fileName, elements) });
}
