// The functions that other packages call; the layers' classes stay private. Named one by one in index.ts itself, they would keep all its exports in
// one piece, which esbuild loads into every page at once.
export { blurPooling } from './blur-pooling';
export { evoNorm, type EvoNormArguments } from './evo-norm';
export { filterResponseNorm, type FilterResponseNormArguments } from './filter-response-norm';
export { groupedConv2d, type GroupedConv2dOptions } from './grouped-conv2d';
export { groupedConvolutionLayer, type GroupedConvolutionArguments } from './grouped-convolution';
export {
  bitConvolution,
  standardizedConvolution,
  standardizedKernel,
  type StandardizedConvolutionArguments,
} from './standardized-convolution';
