import type { WebgpuKernel } from '../webgpu-kernel';

import {
  conv2d,
  conv2dBackpropFilter,
  conv2dBackpropInput,
  convolutionAdd,
  fusedConv2d,
} from './convolution';
import { batchMatMul, fusedMatMul } from './mat-mul';

/** Every kernel of the zoo for WebGPU. */
export const WEBGPU_KERNELS: readonly WebgpuKernel[] = [
  conv2d,
  fusedConv2d,
  convolutionAdd,
  conv2dBackpropInput,
  conv2dBackpropFilter,
  batchMatMul,
  fusedMatMul,
];
