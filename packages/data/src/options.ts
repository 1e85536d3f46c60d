// What a program needs to declare options of its own before it loads TensorFlow.js: tables of types, ranges and defaults.
export { AUG_MIX_OPTIONS } from './augment/aug-mix';
export { COLOR_JITTER_OPTIONS, RANDOM_GRAYSCALE_OPTIONS } from './augment/color-jitter';
export { RANDOM_APPLY_OPTIONS, RANDOM_CHOICE_OPTIONS } from './augment/compose';
export { JPEG_NOISE_OPTIONS } from './augment/jpeg-noise';
export { CUT_MIX_OPTIONS, MIX_UP_OPTIONS, MIX_UP_OR_CUT_MIX_OPTIONS } from './augment/mix-up';
export { PAD_AND_CROP_OPTIONS } from './augment/pad-and-crop';
export { RAND_AUGMENT_OPTIONS, TRIVIAL_AUGMENT_OPTIONS } from './augment/rand-augment';
export { RANDOM_AFFINE_OPTIONS } from './augment/random-affine';
export { RANDOM_ELASTIC_OPTIONS } from './augment/random-elastic';
export { RANDOM_ERASING_OPTIONS } from './augment/random-erasing';
export { RANDOM_FLIP_OPTIONS } from './augment/random-flip';
export { RANDOM_GAUSSIAN_BLUR_OPTIONS } from './augment/random-gaussian-blur';
export { RANDOM_PERSPECTIVE_OPTIONS } from './augment/random-perspective';
export { RANDOM_RESIZED_CROP_OPTIONS } from './augment/random-resized-crop';
export {
  RANDOM_POSTERIZE_OPTIONS,
  RANDOM_SHARPNESS_OPTIONS,
  RANDOM_SOLARIZE_OPTIONS,
  RANDOM_TONE_OPTIONS,
} from './augment/random-tone';
export { AUGMENTATION_SHEET_OPTIONS } from './augment/sheet-options';
export { IMAGE_BATCHES_OPTIONS, NODE_IMAGE_BATCHES_OPTIONS } from './batches/image-batches-options';
export { DECODING_OPTIONS } from './image/decode-options';
export { FIT_IMAGE_OPTIONS } from './image/fit-image';
export { INSPECT_OPTIONS } from './inspect/inspect-options';
export { PART, SPLIT_OPTIONS } from './sets/split-options';
export { PREPROCESSING_OPTIONS } from './image/preprocessing-options';
