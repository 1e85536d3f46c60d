export * from './arguments';
export * from './batch';
export * from './batch-norm-training';
export * from './batch-normalization';
export {
  apply,
  type BlockStyle,
  convolution,
  type ConvolutionOptions,
  groupedConvolution,
  type GroupedConvolutionOptions,
  norm,
  type NormOptions,
  relu,
  zeroPadding,
} from './blocks/layers';
export {
  basicBlock,
  BOTTLENECK_EXPANSION,
  bottleneckBlock,
  type PaddedShortcut,
  preActivationBasicBlock,
  preActivationBottleneckBlock,
  type ResidualBlock,
  type ResidualBlockOptions,
  type Shortcut,
} from './blocks/residual-block';
export * from './cache-directory';
export * from './classifier-head';
export * from './dropout';
export * from './errors';
export * from './fused-kernels';
export * from './initializers';
export * from './labels/class-index';
export * from './labels/top-classes';
export * from './memoize';
export * from './tensor-methods';
export * from './model-metadata';
export * from './pixel-normalization';
export * from './preprocessing';
export * from './random';
export * from './softmax-cross-entropy';
