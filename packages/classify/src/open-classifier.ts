import { expectKnownOptions } from '@zoo/core';

import { createClassifier, type Classifier, type ClassifierOptions } from './classifier';
import { openModel, type ModelSource, type OpenModelOptions } from './open-model';

/** Options of {@link openClassifier}. */
export interface OpenClassifierOptions extends Omit<OpenModelOptions, 'imageSize'>, ClassifierOptions {}

/**
 * Opens a model and says of pictures what they show.
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
  expectKnownOptions('options', options, [
    'classNames',
    'preprocessing',
    'signal',
    'requests',
    'onProgress',
    'cacheDirectory',
    'kerasDirectory',
    'variant',
    'stem',
    'shortcut',
  ]);
  const { classNames, preprocessing, ...opening } = options;
  const imageSize = preprocessing?.imageSize;
  const model = await openModel(source, { ...opening, ...(imageSize && { imageSize }) });
  try {
    return createClassifier(model, {
      ...(classNames && { classNames }),
      ...(preprocessing && { preprocessing }),
    });
  } catch (error) {
    model.dispose();
    throw error;
  }
}
