import * as tf from '@tensorflow/tfjs-core';
import { classProbabilities, nearestName } from '@zoo/core';
import { ArgumentError, readOptions, SIGNAL, type OptionsOf, type OptionTable } from '@zoo/core/options';
import { fitImage, imagePreprocessor, type DecodedImage } from '@zoo/data';

import { valuesOf, type Classifier } from './classifier';
import type { Picture } from './picture';
import { batchOf, decodePicture } from './read-pictures';

const EXPLAIN_OPTIONS = {
  /** The class to explain, by its name. Default: the most probable one. */
  className: { type: 'text', expected: 'the name of a class' },
  /** The class by its number, from 0, where names do not tell: ImageNet has two cranes. */
  label: { type: 'integer', minimum: 0 },
  /** The layer whose feature map is weighed, or a stage: see `gradCam` of `@zoo/resnet`. Default: the last with a feature map. */
  layerName: { type: 'text', expected: 'the name of a layer or stage' },
  /** Aborted, explaining rejects with the signal's reason. */
  signal: SIGNAL,
} as const satisfies OptionTable;

/** Options of {@link explain}. */
export interface ExplainOptions extends OptionsOf<typeof EXPLAIN_OPTIONS> {}

/** Which parts of a picture speak for a class. */
export interface Explanation {
  readonly className: string;
  /** The class' number. */
  readonly label: number;
  /** What the model gives the class, 0..1. */
  readonly probability: number;
  /** How much each place speaks for the class, at most 1; all 0 where nothing does. [height, width] of the model's input */
  readonly heat: Float32Array;
  readonly height: number;
  readonly width: number;
  /** The picture as the model sees it, cropped or padded, at a multiple of the input's size. */
  readonly seen: DecodedImage;
}

/** Side that pictures are shown with, about. */
const SHOWN_SIDE = 448;

/**
 * Computes which parts of `picture` speak for a class: the heat map of Grad-CAM (Selvaraju et al. 2017), as plain numbers.
 *
 * @throws (rejects) ArgumentError for a class or layer that the model lacks; ZooError for a picture that can't be read.
 */
export async function explain(
  classifier: Classifier,
  picture: Picture,
  options: ExplainOptions = {},
): Promise<Explanation> {
  const { signal, layerName, ...wanted } = readOptions(EXPLAIN_OPTIONS, options);
  const { model, head, classNames, preprocessing } = classifier;
  const told = labelOf(wanted, classNames);
  signal?.throwIfAborted();
  const [{ gradCam }, decoded] = await Promise.all([
    import('./feature-loaders'),
    decodePicture(picture, signal),
  ]);
  const preprocessor = imagePreprocessor(preprocessing);
  const values = new Float32Array(preprocessor.valuesPerImage);
  preprocessor.write(decoded, values);
  const image = batchOf([values], preprocessing);
  let heat: tf.Tensor2D | undefined;
  try {
    const probabilities = await valuesOf(() => classProbabilities(head, model.predict(image) as tf.Tensor2D));
    const label = told ?? probabilities.indexOf(Math.max(...probabilities));
    // A head of one unit gives the probability of the second of two classes.
    const isFirstOfTwo = head.kind === 'binary' && label === 0;
    heat = gradCam(model, image, head.kind === 'binary' ? 0 : label, {
      ...(layerName !== undefined && { layerName }),
      counterfactual: isFirstOfTwo,
    });
    const [height, width] = preprocessing.imageSize;
    const factor = Math.max(1, Math.round(SHOWN_SIDE / Math.max(height, width)));
    const { resize, aspect, cropFraction, padColor } = preprocessing;
    return {
      className: classNames[label]!,
      label,
      probability: probabilities[label]!,
      heat: await heat.data<'float32'>(),
      height,
      width,
      seen: fitImage(decoded, height * factor, width * factor, { resize, aspect, cropFraction, padColor }),
    };
  } finally {
    tf.dispose([image, ...(heat ? [heat] : [])]);
  }
}

/** The class that is asked for, if one is. */
function labelOf(
  { className, label }: { className: string | undefined; label: number | undefined },
  classNames: readonly string[],
): number | undefined {
  if (label !== undefined) {
    if (label < classNames.length) return label;
    throw new ArgumentError('options.label', `a class' number, 0 to ${classNames.length - 1}`, label);
  }
  if (className === undefined) return undefined;
  const found = classNames.indexOf(className);
  if (found >= 0) return found;
  const nearest = nearestName(className, classNames);
  const known = classNames.length <= 20 ? `Its classes are ${classNames.join(', ')}.` : undefined;
  throw new ArgumentError(
    'options.className',
    'a class of the model',
    className,
    nearest === undefined ? known : `Did you mean '${nearest}'?`,
  );
}
