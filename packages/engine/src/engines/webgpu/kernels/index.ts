import type { WebgpuKernel } from '../webgpu-kernel';

import { batchNorm, batchNormGradient, batchNormMoving, fusedBatchNorm } from './batch-norm';
import { cast } from './cast';
import {
  conv2d,
  conv2dBackpropFilter,
  conv2dBackpropInput,
  convolutionAdd,
  fusedConv2d,
} from './convolution';
import { add, relu, relu6, reluGradient } from './elementwise';
import {
  depthwiseBackpropFilter,
  depthwiseBackpropInput,
  depthwiseConv2d,
  groupedConvolution,
  groupedConvolutionFilterGradient,
  groupedConvolutionInputGradient,
} from './grouped-convolution';
import { batchMatMul, fusedMatMul } from './mat-mul';
import { adamWUpdate, sgdUpdate } from './optimizer-updates';
import { averagePool, averagePoolGradient, maxPool, maxPoolGradient } from './pooling';
import { mean, sum } from './reductions';
import { ruleUpdate } from './rule-update';
import { softmaxCrossEntropy } from './softmax-cross-entropy';

/** Every kernel of the zoo for WebGPU. */
export const WEBGPU_KERNELS: readonly WebgpuKernel[] = [
  conv2d,
  fusedConv2d,
  convolutionAdd,
  conv2dBackpropInput,
  conv2dBackpropFilter,
  batchMatMul,
  fusedMatMul,
  cast,
  add,
  relu,
  relu6,
  reluGradient,
  batchNorm,
  batchNormMoving,
  batchNormGradient,
  fusedBatchNorm,
  sum,
  mean,
  softmaxCrossEntropy,
  sgdUpdate,
  adamWUpdate,
  ruleUpdate,
  maxPool,
  maxPoolGradient,
  averagePool,
  averagePoolGradient,
  depthwiseConv2d,
  depthwiseBackpropInput,
  depthwiseBackpropFilter,
  groupedConvolution,
  groupedConvolutionInputGradient,
  groupedConvolutionFilterGradient,
];
