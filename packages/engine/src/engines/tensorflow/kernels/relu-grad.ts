import { FUSED_KERNELS } from '@zoo/core';

import { attributeList } from '../operation';

import type { TensorFlowKernel } from './tensorflow-kernel';

/** The gradient of ReLU in one pass; TensorFlow.js' own makes a mask and multiplies. */
export const reluGradKernel: TensorFlowKernel = {
  kernelName: FUSED_KERNELS.reluGrad,
  run: (backend, { dy, y }) => backend.executeSingleOutput('ReluGrad', attributeList(backend, {}), [dy!, y!]),
};
