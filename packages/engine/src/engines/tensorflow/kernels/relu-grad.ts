import { FUSED_KERNELS } from '@zoo/core';

import { attributeList } from '../operation';

import { fusedKernel } from './tensorflow-kernel';

/** The gradient of ReLU in one pass; TensorFlow.js' own makes a mask and multiplies. */
export const reluGradKernel = fusedKernel(FUSED_KERNELS.reluGrad, (backend, { dy, y }) =>
  backend.executeSingleOutput('ReluGrad', attributeList(backend, {}), [dy, y]),
);
