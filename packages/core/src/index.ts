export * from './batch';
export * from './batch-norm-training';
export * from './batch-normalization';
export * from './blocks/antialiasing';
export * from './blocks/channel-attention';
export * from './blocks/halving-blocks';
export * from './blocks/layers';
export * from './blocks/normalizations';
export * from './blocks/stem-pools';
export {
  basicBlock,
  bottleneckBlock,
  preActivationBasicBlock,
  preActivationBottleneckBlock,
  type PaddedShortcut,
  type ResidualBlock,
  type ResidualBlockOptions,
  type Shortcut,
} from './blocks/residual-block';
export * from './cache-directory';
export * from './classifier-head';
export * from './dropout';
export * from './expect-engine';
export * from './freeing-tape';
export * from './fused-kernels';
export * from './initializers';
export * from './labels/class-index';
export * from './labels/top-classes';
export { blurPooling } from './layers/blur-pooling';
export { evoNorm, type EvoNormArguments } from './layers/evo-norm';
export { filterResponseNorm, type FilterResponseNormArguments } from './layers/filter-response-norm';
export * from './layers/group-normalization';
export { groupedConv2d, type GroupedConv2dOptions } from './layers/grouped-conv2d';
export { groupedConvolutionLayer, type GroupedConvolutionArguments } from './layers/grouped-convolution';
export {
  bitConvolution,
  standardizedConvolution,
  standardizedKernel,
  type StandardizedConvolutionArguments,
} from './layers/standardized-convolution';
export * from './layers/with-add-weight';
export * from './layers/zoo-layers';
export * from './memoize';
export * from './tensor-methods';
export * from './model-metadata';
export * from './node-builtins';
export * from './options';
export * from './random';
export * from './random-fill';
export * from './read-model-metadata';
export * from './requests/content-range';
export * from './requests/expected-file';
export * from './requests/shown-address';
export * from './requests/transfer';
export * from './softmax-cross-entropy';
