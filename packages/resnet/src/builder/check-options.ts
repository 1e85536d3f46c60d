import type { BlockStyle, Initializer } from '@zoo/core';
import { ArgumentError, expectInteger, expectOneOf, readOptions } from '@zoo/core/options';

import { type Architecture, kernelInitializers } from './architecture';
import {
  type AnyResNetOptions,
  type ClassifierActivation,
  type InputShape,
  RESNET_OPTIONS,
  type SettledOptions,
} from './options';
import {
  type KernelInitializerName,
  type ShortcutOption,
  type StemName,
  type Variant,
  type VariantName,
  VARIANTS,
} from './variants';

/** An architecture and the caller's options, checked and settled. */
export interface Plan {
  readonly application: Application;
  readonly stemName: StemName;
  readonly style: BlockStyle;
  readonly classifierInitializer: (layerName: string) => Initializer;
  readonly shortcut: ShortcutOption;
  readonly averageProjection: boolean;
  readonly dropRate: number;
  readonly stochasticDepth: number;
  readonly outputStride: number;
  readonly seed: number | undefined;
}

/**
 * Checks the caller's options and settles what they leave open.
 *
 * @param table The options that are known: more come with `weights`.
 * @throws ArgumentError for an unknown option and for any value out of range.
 */
export function planOf(
  architecture: Architecture,
  options: AnyResNetOptions,
  table: typeof RESNET_OPTIONS = RESNET_OPTIONS,
): Plan {
  const settled = readOptions(table, options, '');
  const variant = variantOf(architecture, settled);
  const stemName = settled.stem ?? architecture.stem ?? variant.stem;
  const initializer =
    settled.kernelInitializer ?? architecture.kernelInitializer ?? variant.kernelInitializer;
  const application = checkApplication(settled, {
    name: architecture.name,
    classes: architecture.classes ?? 1000,
    imageSize: architecture.imageSize ?? (stemName === 'small' ? 64 : 224),
    minimumSize: stemName === 'small' ? 8 : 32,
  });
  const { outputStride, seed, dropRate, stochasticDepth } = settled;
  if (architecture.groups !== undefined) checkGrouped(outputStride);
  return {
    application,
    stemName,
    style: styleOf(architecture, variant, settled, initializer),
    // Keras and the papers draw the classifier by Glorot's rule, however the convolutions are drawn.
    classifierInitializer: kernelInitializers(initializer === 'zeros' ? 'zeros' : 'glorotUniform', seed),
    shortcut: settled.shortcut ?? architecture.shortcut ?? 'B',
    averageProjection: variant.averageProjection,
    dropRate,
    stochasticDepth,
    outputStride,
    seed,
  };
}

function variantOf(architecture: Architecture, options: SettledOptions): Variant {
  const { onlyVariant, name } = architecture;
  if (onlyVariant === undefined) {
    const variantName = options.variant ?? architecture.variant ?? 'keras';
    return VARIANTS[expectOneOf('variant', variantName, Object.keys(VARIANTS) as VariantName[])];
  }
  if (options.variant === undefined || options.variant === 'keras') return onlyVariant;
  throw new ArgumentError('variant', `'keras', the only variant that ${name} has,`, options.variant);
}

function styleOf(
  architecture: Architecture,
  variant: Variant,
  options: SettledOptions,
  initializer: KernelInitializerName,
): BlockStyle {
  const { convolutionBias, epsilon, momentum, padding, sumFirst = 'shortcut' } = variant;
  const { style: own } = architecture;
  const squeezeReduction = options.squeezeReduction ?? architecture.squeezeReduction;
  return {
    convolutionBias,
    epsilon,
    momentum,
    padding,
    sumFirst,
    strideIn: options.strideIn ?? variant.strideIn,
    kernelInitializer: kernelInitializers(initializer, options.seed),
    zeroInitResidual: options.zeroInitResidual,
    squeezeReduction,
    ...own,
    normalization: options.normalization ?? own?.normalization,
    activation: options.activation ?? own?.activation,
    antialias: options.antialias ?? own?.antialias,
  };
}

/** Refuses what grouped convolutions can't do, before any weights are downloaded. */
function checkGrouped(outputStride: number): void {
  if (outputStride === 32) return;
  throw new ArgumentError('outputStride', '32 for grouped convolutions', outputStride);
}

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

/** True if `weights` are a file's path or address, rather than the name of published ones. */
export function isWeightsPath(weights: unknown): boolean {
  return typeof weights === 'string' && /[\\/]|\.(h5|hdf5|keras|safetensors|pth|pt|th|bin)$/i.test(weights);
}

/**
 * Checks what keras.applications checks, in its order, and refuses as it does.
 *
 * @throws ArgumentError for anything Keras refuses.
 */
function checkApplication(options: SettledOptions, defaults: ApplicationDefaults): Application {
  const { includeTop, weights, pooling, dataFormat, classifierActivation } = options;
  const { name = defaults.name, classes = defaults.classes } = options;
  if (dataFormat !== 'channelsLast') {
    const expected = "'channelsLast', the only order of axes here,";
    const nextStep = 'Transpose [batch, channels, height, width]: `tf.transpose(x, [0, 2, 3, 1])`.';
    throw new ArgumentError('dataFormat', expected, dataFormat, nextStep);
  }
  const isPublished = weights !== null && !isWeightsPath(weights);
  if (isPublished && includeTop && classes !== defaults.classes) {
    const which = weights === 'imagenet' ? "`weights: 'imagenet'`" : 'published weights';
    throw new ArgumentError(
      'classes',
      `${defaults.classes}, as many as the classifier of ${which} has with \`includeTop: true\`,`,
      classes,
      'For your own classes leave it out (`includeTop: false`) and call `replaceHead(model, { classes })`.',
    );
  }
  const inputShape = checkInputShape(options, defaults, isPublished);
  const activation = checkActivation(classifierActivation, weights !== null && includeTop);
  warnOfChannels(inputShape[2]);
  return { includeTop, inputShape, pooling, classes, classifierActivation: activation, name };
}

function checkInputShape(
  options: SettledOptions,
  defaults: ApplicationDefaults,
  isPublished: boolean,
): InputShape {
  const { includeTop, weights, inputTensor } = options;
  const { imageSize, minimumSize } = defaults;
  const fromTensor = inputTensor?.shape.slice(1) as InputShape | undefined;
  const given = options.inputShape ?? fromTensor;
  if (given === undefined) return includeTop ? [imageSize, imageSize, 3] : [null, null, 3];
  if (weights === 'imagenet' && includeTop && String(given) !== String([imageSize, imageSize, 3])) {
    const expected = `[${imageSize}, ${imageSize}, 3], with \`includeTop: true\` and \`weights: 'imagenet'\`,`;
    const nextStep =
      'Leave `inputShape` out and resize the pictures, or leave the top out: `includeTop: false`.';
    throw new ArgumentError('inputShape', expected, given, nextStep);
  }
  checkDimensions(given, isPublished, minimumSize);
  const [height, width] = given;
  // As in Keras, the caller's tensor may leave both open.
  if (includeTop && options.inputShape && (height === null || width === null)) {
    const nextStep = 'Give height and width, or leave the top out: `includeTop: false`.';
    throw new ArgumentError('inputShape', 'a static shape if `includeTop` is true', given, nextStep);
  }
  return given;
}

function checkDimensions(shape: unknown, isPublished: boolean, minimumSize: number): void {
  if (!Array.isArray(shape) || shape.length !== 3) {
    const nextStep = 'The batch is not part of it.';
    throw new ArgumentError('inputShape', 'three integers, [height, width, channels],', shape, nextStep);
  }
  const [height, width, channels] = shape as [unknown, unknown, unknown];
  if (channels !== 3 && isPublished) {
    const nextStep = 'Turn grey pictures into RGB: `tf.image.grayscaleToRGB(x)`.';
    throw new ArgumentError('inputShape', '3 channels, as pretrained weights have,', shape, nextStep);
  }
  expectInteger('inputShape[2]', channels, { minimum: 1 });
  for (const size of [height, width]) {
    if (size === null || (Number.isSafeInteger(size) && (size as number) >= minimumSize)) continue;
    const isChannelsFirst = (height === 1 || height === 3) && channels === width;
    throw new ArgumentError(
      'inputShape',
      `an input size of at least ${minimumSize}x${minimumSize}`,
      shape,
      isChannelsFirst ? 'Channels come last here: [height, width, channels].' : 'Enlarge the pictures first.',
    );
  }
}

/** Keras warns of them and goes on: pictures of satellites have other numbers of channels with good reason. */
function warnOfChannels(channels: number): void {
  if (channels === 1 || channels === 3) return;
  console.warn(`This model usually expects 1 or 3 input channels. However, \`inputShape\` has ${channels}.`);
}

function checkActivation(
  activation: ClassifierActivation,
  isPretrained: boolean,
): Exclude<ClassifierActivation, null> {
  if (isPretrained && activation !== null && activation !== 'softmax') {
    throw new ArgumentError(
      'classifierActivation',
      "null or 'softmax', all that pretrained weights with `includeTop: true` allow,",
      activation,
      'Take null and apply another function to the logits.',
    );
  }
  return activation === null
    ? 'linear'
    : expectOneOf('classifierActivation', activation, ['softmax', 'sigmoid', 'linear']);
}
