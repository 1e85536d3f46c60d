import type * as tfl from '@tensorflow/tfjs-layers';
import { READING_OPTIONS, readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { buildModel } from '../architecture/build-model';
import { isJsonObject, MAXIMUM_JSON_BYTES } from '../architecture/json-object';
import { parseJson } from '../architecture/parse-json';
import { parseModel } from '../architecture/parse-model';
import { WeightBudget } from '../architecture/weight-budget';
import { invalidFile, readWithin } from '../source/byte-source';
import { withSource, type WeightFile } from '../source/open-source';

const MODEL_FROM_KERAS_JSON_OPTIONS = {
  ...READING_OPTIONS,
  /**
   * Weights that the model may have; no memory is taken for more. Orthogonal kernels, which take long to draw, count as more than they
   * have. Default 62,000,000: 248 MB, and as much again while an engine copies a kernel that is all of them; ResNet-152 has 60,419,944.
   */
  maximumWeights: { type: 'integer', minimum: 1, default: 62_000_000 },
} as const satisfies OptionTable;

/** Options of {@link modelFromKerasJson}. */
export interface ModelFromKerasJsonOptions extends OptionsOf<typeof MODEL_FROM_KERAS_JSON_OPTIONS> {}

/**
 * Builds the model that a JSON file of Keras (`model.to_json()`) describes, with weights drawn by its initializers: the counterpart of
 * `keras.models.model_from_json`. `loadKerasWeights` then loads the weights of a file.
 *
 * @param file A path (in Node), address, Blob, File, bytes or ByteSource.
 * @throws ZooError 'unsupported' for layers that can't be built, 'invalid-file' for a file that is no architecture or has more weights than
 *   allowed, 'download'.
 */
export async function modelFromKerasJson(
  file: WeightFile,
  options: ModelFromKerasJsonOptions = {},
): Promise<tfl.LayersModel> {
  const { maximumWeights } = readOptions(MODEL_FROM_KERAS_JSON_OPTIONS, options);
  return withSource(file, options, async (source) => {
    const { name: fileName, sizeBytes } = source;
    if (sizeBytes > MAXIMUM_JSON_BYTES)
      throw invalidFile(fileName, 'is an architecture beyond any sound size');
    const text = new TextDecoder().decode(await readWithin(source, 0, sizeBytes));
    const json = parseJson(
      text,
      fileName,
      'is no JSON',
      'It should be what `model.to_json()` of Keras gives.',
    );
    const version = isJsonObject(json) ? json['keras_version'] : undefined;
    // Keras 3 does not write its version; its objects say which module they are of.
    const isKerasThrees = isJsonObject(json) && typeof json['module'] === 'string';
    const kerasMajor =
      typeof version === 'string' ? Number.parseInt(version, 10) || 2 : isKerasThrees ? 3 : 2;
    const budget = new WeightBudget(fileName, maximumWeights, [
      `describes a model with more than ${maximumWeights} weights`,
      'If you trust it, allow more by `maximumWeights`; orthogonal kernels count as more than they have.',
    ]);
    return buildModel(parseModel(json, { fileName, kerasMajor }), { fileName, budget, draws: true });
  });
}
