/** Option tables, for programs that read options of their own (a command line, a form); nothing here loads TensorFlow.js. */
export { RESNET_OPTIONS } from './builder/options';
export { STEM_STRIDES, VARIANTS } from './builder/variants';
