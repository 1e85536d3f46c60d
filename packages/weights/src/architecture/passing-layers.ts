import type { JsonObject } from './json-object';

/**
 * Layers that return their input when a model predicts: Keras' augmentation and other layers for training only. `RandomCrop` is none of
 * them: it takes the middle.
 */
const PASSING_ON: readonly string[] = [
  'Identity',
  'ActivityRegularization',
  'RandomFlip',
  'RandomRotation',
  'RandomZoom',
  'RandomTranslation',
  'RandomContrast',
  'RandomBrightness',
  'RandomHeight',
  'RandomWidth',
  'RandomShear',
  'RandomPerspective',
  'RandomElasticTransform',
  'RandomHue',
  'RandomSaturation',
  'RandomSharpness',
  'RandomColorJitter',
  'RandomColorDegeneration',
  'RandomGrayscale',
  'RandomInvert',
  'RandomPosterization',
  'RandomGaussianBlur',
  'RandomErasing',
  'RandAugment',
  'AugMix',
  'CutMix',
  'MixUp',
];

/** True for a class of Keras that hands its input on, outside of training. */
export function isIdentityInInference(kerasClass: string): boolean {
  return PASSING_ON.includes(kerasClass);
}

/** The shape of a sequential model's input, where its first layer says it. */
export function inputShapeOf(fields: JsonObject): { batchInputShape?: unknown } {
  const shape = fields['batch_input_shape'] ?? fields['batch_shape'];
  return shape === undefined || shape === null ? {} : { batchInputShape: shape };
}
