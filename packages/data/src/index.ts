export type { AspectMode, ResizeMethod } from '@zoo/core';
export { augMix, type AugMixOptions } from './augment/aug-mix';
export type { Augmentation, BatchAugmentation, PixelBatch, TargetSize } from './augment/augmentation';
export type { ImageStep } from './augment/image-step';
export {
  colorJitter,
  randomGrayscale,
  type ColorJitterOptions,
  type RandomGrayscaleOptions,
} from './augment/color-jitter';
export {
  randomApply,
  randomChoice,
  type RandomApplyOptions,
  type RandomChoiceOptions,
} from './augment/compose';
export type { NumberRange } from './augment/expect-range';
export { jpegNoise, type JpegNoiseOptions } from './augment/jpeg-noise';
export { cutMix, mixUp, mixUpOrCutMix, type MixOptions, type MixUpOrCutMixOptions } from './augment/mix-up';
export { padAndCrop, type PadAndCropOptions } from './augment/pad-and-crop';
export {
  randAugment,
  trivialAugmentWide,
  type RandAugmentOptions,
  type TrivialAugmentOptions,
} from './augment/rand-augment';
export { randomAffine, type RandomAffineOptions } from './augment/random-affine';
export { randomElastic, type RandomElasticOptions } from './augment/random-elastic';
export { randomGaussianBlur, type RandomGaussianBlurOptions } from './augment/random-gaussian-blur';
export { randomErasing, type RandomErasingOptions } from './augment/random-erasing';
export { randomHorizontalFlip, randomVerticalFlip, type ProbabilityOptions } from './augment/random-flip';
export { randomResizedCrop, type RandomResizedCropOptions } from './augment/random-resized-crop';
export { randomPerspective, type RandomPerspectiveOptions } from './augment/random-perspective';
export {
  randomAutoContrast,
  randomEqualize,
  randomPosterize,
  randomSharpness,
  randomSolarize,
  type RandomPosterizeOptions,
  type RandomSharpnessOptions,
  type RandomSolarizeOptions,
  type RandomToneOptions,
} from './augment/random-tone';
export type { CorruptImage } from './batches/check-images';
export type { ImageBatchSource } from './batches/corrupt-pictures';
export { imageBatches } from './batches/image-batches';
export type { EpochImageSize, ImageBatchesOptions, Sampler } from './batches/image-batches-options';

export {
  evalTransform,
  trainTransform,
  type EvalTransformOptions,
  type TrainTransformOptions,
} from './batches/model-transforms';
export { imagePreprocessor, type ImagePreprocessor } from './batches/preprocess-image';
export type { DecodeConvention, DecodeImageOptions } from './image/decode-options';
export { PICTURE_ENDINGS } from './image/picture-format';
export { rgbImage, type DecodedImage, type ImageSize, type RgbColor } from './image/decoded-image';
export { fitImage, type FitImageOptions } from './image/fit-image';
export { flattenAlpha } from './image/flatten-alpha';
export { cropImage, resizeImage, type ImageRegion, type ResizeStep } from './image/resize-image';
export type { FillMode } from './image/transform-image';
export type {
  FeaturewiseStatistics,
  FloatImage,
  ImageDataGeneratorOptions,
} from './keras/image-data-generator-options';
export { kerasImageBatches, type KerasImageBatchesOptions } from './keras/keras-image-batches';
export { kerasValidationSplit, type KerasValidationSplitOptions } from './keras/keras-validation-split';
export { alignClasses } from './sets/align-classes';
export { classWeights } from './sets/class-weights';
export { concat } from './sets/concat';
export {
  countByClass,
  labelsOf,
  type ImageExample,
  type ImageSet,
  type MemoryExample,
  type ReadableImageSet,
} from './sets/image-set';
export { isMultiLabel, relabelled } from './sets/labels';
export { kFolds, type KFoldsOptions } from './sets/k-folds';
export { memoryImageSet, type MemoryImageSet } from './sets/memory-image-set';
export { CIFAR10_CLASSES, parseCifar10Batch } from './sets/parse-cifar10-batch';
export { remapClasses } from './sets/remap-classes';
export { splitExamples, type Split, type SplitOptions } from './sets/split-examples';
export { subset, type SubsetOptions } from './sets/subset';
