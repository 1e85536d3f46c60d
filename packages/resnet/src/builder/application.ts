import { ArgumentError, expectInteger, expectOneOf, ZooError } from '@zoo/core';

import type { ApplicationOptions, ClassifierActivation, InputShape } from './options';

/** {@link ApplicationOptions}, checked, with every default filled in. */
export interface Application {
  readonly includeTop: boolean;
  readonly inputShape: InputShape;
  readonly pooling: 'avg' | 'max' | null;
  readonly classes: number;
  readonly classifierActivation: Exclude<ClassifierActivation, null>;
  readonly name: string;
}

/** What an architecture sets for {@link checkApplication}. */
export interface ApplicationDefaults {
  readonly name: string;
  readonly classes: number;
  /** Height and width with a top. */
  readonly imageSize: number;
  /** The least height and width that the stem leaves something of. */
  readonly minimumSize: number;
}

/**
 * Checks what keras.applications checks, in its order, and refuses as it does.
 *
 * @throws ArgumentError for anything Keras refuses, and for weights: see {@link refuseWeights}.
 */
export function checkApplication(options: ApplicationOptions, defaults: ApplicationDefaults): Application {
  const { includeTop = true, weights = null, pooling = null, name = defaults.name } = options;
  const { classes = defaults.classes, classifierActivation = 'softmax' } = options;
  checkWeights(weights);
  if (weights === 'imagenet' && includeTop && classes !== defaults.classes) {
    throw new ArgumentError(
      'classes',
      `${defaults.classes}, what the weights have, for \`weights: 'imagenet'\` with \`includeTop: true\``,
      classes,
      'Leave the top out (`includeTop: false`) and set your own upon it.',
    );
  }
  const inputShape = checkInputShape(options, defaults);
  expectInteger('classes', classes, { minimum: 1 });
  if (pooling !== null) expectOneOf('pooling', pooling, ['avg', 'max']);
  const activation = checkActivation(classifierActivation, weights !== null && includeTop);
  refuseWeights(weights, name);
  return { includeTop, inputShape, pooling, classes, classifierActivation: activation, name };
}

function checkWeights(weights: unknown): void {
  if (weights === null || (typeof weights === 'string' && weights !== '')) return;
  throw new ArgumentError(
    'weights',
    "null (random initialization), 'imagenet' (pre-training on ImageNet) or the path to the weights file to be loaded",
    weights,
  );
}

/** A builder that returns at once can't wait for a file: it says which function can. */
function refuseWeights(weights: string | null, name: string): void {
  if (weights === null) return;
  const advice =
    weights === 'imagenet'
      ? `Call \`await pretrained('${name}')\` of '@zoo/resnet/node'; it names the weights that exist.`
      : `Build the model with \`weights: null\`, then call \`await loadKerasWeights(model, ${JSON.stringify(weights)})\` of '@zoo/weights'.`;
  throw new ZooError(
    'unsupported',
    `\`weights: ${JSON.stringify(weights)}\` needs a file, and ${name} returns at once. ${advice}`,
  );
}

function checkInputShape(options: ApplicationOptions, defaults: ApplicationDefaults): InputShape {
  const { includeTop = true, weights = null, inputTensor } = options;
  const { imageSize, minimumSize } = defaults;
  const fromTensor = inputTensor?.shape.slice(1) as InputShape | undefined;
  const given = options.inputShape ?? fromTensor;
  if (weights === 'imagenet' && includeTop && given !== undefined) {
    if (String(given) !== String([imageSize, imageSize, 3])) {
      const expected = `[${imageSize}, ${imageSize}, 3] with \`includeTop: true\` and 'imagenet' weights`;
      throw new ArgumentError('inputShape', expected, given);
    }
  }
  if (given === undefined) return includeTop ? [imageSize, imageSize, 3] : [null, null, 3];
  checkDimensions(given, weights, minimumSize);
  const [height, width] = given;
  if (includeTop && (height === null || width === null)) {
    throw new ArgumentError('inputShape', 'a static shape if `includeTop` is true', given);
  }
  return given;
}

function checkDimensions(shape: unknown, weights: string | null, minimumSize: number): void {
  if (!Array.isArray(shape) || shape.length !== 3) {
    throw new ArgumentError('inputShape', 'three integers: height, width and channels', shape);
  }
  const [height, width, channels] = shape as [unknown, unknown, unknown];
  if (channels !== 3 && weights === 'imagenet') {
    throw new ArgumentError('inputShape', "3 channels for 'imagenet' weights", shape);
  }
  expectInteger('inputShape[2]', channels, { minimum: 1 });
  for (const size of [height, width]) {
    if (size === null) continue;
    if (!Number.isSafeInteger(size) || (size as number) < minimumSize) {
      throw new ArgumentError('inputShape', `a size of at least ${minimumSize}x${minimumSize}`, shape);
    }
  }
}

function checkActivation(
  activation: ClassifierActivation,
  isPretrained: boolean,
): Exclude<ClassifierActivation, null> {
  if (isPretrained && activation !== null && activation !== 'softmax') {
    throw new ArgumentError(
      'classifierActivation',
      "null or 'softmax', all that pretrained weights with `includeTop: true` allow",
      activation,
    );
  }
  return activation === null
    ? 'linear'
    : expectOneOf('classifierActivation', activation, ['softmax', 'sigmoid', 'linear']);
}
