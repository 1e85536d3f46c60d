import { pickOptions, readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { CLASSIFIER_OPTIONS, createClassifier, type Classifier } from './classifier';
import { OPENING_OPTIONS, openModel, type ModelSource } from './open-model';

const OPEN_CLASSIFIER_OPTIONS = { ...OPENING_OPTIONS, ...CLASSIFIER_OPTIONS } as const satisfies OptionTable;

/** Options of {@link openClassifier}. */
export interface OpenClassifierOptions extends OptionsOf<typeof OPEN_CLASSIFIER_OPTIONS> {}

/**
 * Opens a model that classifies pictures.
 *
 * @example
 * const classifier = await openClassifier('runs/pictures'); // or a file, an address, 'resnet50.tv_in1k'
 * const [best] = await classifier.classify('photo.jpg');
 * console.log(best.className, best.probability);
 * classifier.dispose();
 *
 * @throws (rejects) As {@link openModel} and {@link createClassifier} do; then nothing is left behind.
 */
export async function openClassifier(
  source: ModelSource,
  options: OpenClassifierOptions = {},
): Promise<Classifier> {
  readOptions(OPEN_CLASSIFIER_OPTIONS, options);
  const imageSize = options.preprocessing?.imageSize;
  const model = await openModel(source, {
    ...pickOptions(OPENING_OPTIONS, options),
    ...(imageSize && { imageSize }),
  });
  try {
    return createClassifier(model, pickOptions(CLASSIFIER_OPTIONS, options));
  } catch (error) {
    model.dispose();
    throw error;
  }
}
