import { FUSED_KERNELS } from '@zoo/core';

import { attributeList } from '../operation';

import type { TensorFlowKernel } from './tensorflow-kernel';

/** Softmax cross-entropy and its gradient in one pass. */
export const softmaxCrossEntropyKernel: TensorFlowKernel = {
  kernelName: FUSED_KERNELS.softmaxCrossEntropy,
  run: (backend, { logits, labels }) =>
    backend.executeMultipleOutputs(
      'SoftmaxCrossEntropyWithLogits',
      attributeList(backend, {}),
      [logits!, labels!],
      2,
    ),
};
