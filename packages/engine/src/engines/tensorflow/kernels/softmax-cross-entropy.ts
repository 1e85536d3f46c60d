import type * as tf from '@tensorflow/tfjs-core';
import { FUSED_KERNELS } from '@zoo/core';

import { attributeList } from '../operation';

import { fusedKernel } from './tensorflow-kernel';

/** Softmax cross-entropy and its gradient in one pass. */
export const softmaxCrossEntropyKernel = fusedKernel(
  FUSED_KERNELS.softmaxCrossEntropy,
  (backend, { logits, labels }) =>
    backend.executeMultipleOutputs(
      'SoftmaxCrossEntropyWithLogits',
      attributeList(backend, {}),
      [logits, labels],
      2,
    ) as [tf.Tensor, tf.Tensor],
);
