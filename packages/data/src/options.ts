// What a program needs to declare options of its own before it loads TensorFlow.js: tables of types, ranges and defaults.
export { COLOR_JITTER_OPTIONS, RANDOM_GRAYSCALE_OPTIONS } from './augment/color-jitter';
export { CUT_MIX_OPTIONS, MIX_UP_OPTIONS } from './augment/mix-up';
export { PAD_AND_CROP_OPTIONS } from './augment/pad-and-crop';
export { RAND_AUGMENT_OPTIONS, TRIVIAL_AUGMENT_OPTIONS } from './augment/rand-augment';
export { RANDOM_AFFINE_OPTIONS } from './augment/random-affine';
export { RANDOM_ERASING_OPTIONS } from './augment/random-erasing';
export { RANDOM_FLIP_OPTIONS } from './augment/random-flip';
export { RANDOM_GAUSSIAN_BLUR_OPTIONS } from './augment/random-gaussian-blur';
export { RANDOM_RESIZED_CROP_OPTIONS } from './augment/random-resized-crop';
export { IMAGE_BATCHES_OPTIONS } from './batches/image-batches-options';
export { DECODING_OPTIONS } from './image/decode-options';
export { FIT_IMAGE_OPTIONS } from './image/fit-image';
export { INSPECT_OPTIONS } from './inspect/inspect-options';
export { PART, SPLIT_OPTIONS } from './sets/split-options';
export { PREPROCESSING_OPTIONS } from './image/preprocessing-options';
