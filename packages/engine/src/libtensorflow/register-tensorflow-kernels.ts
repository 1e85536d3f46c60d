import * as tf from '@tensorflow/tfjs';

import { batchNormGradKernel, batchNormKernel } from './kernels/batch-norm';
import { adamWUpdateKernel, sgdUpdateKernel } from './kernels/optimizer-updates';
import { reluGradKernel } from './kernels/relu-grad';
import { softmaxCrossEntropyKernel } from './kernels/softmax-cross-entropy';
import type { TensorFlowKernel } from './kernels/tensorflow-kernel';
import { TENSORFLOW_BACKEND } from './load-tfjs-node';
import type { TensorFlowBackend } from './tensorflow-backend';

const KERNELS: readonly TensorFlowKernel[] = [
  batchNormKernel,
  batchNormGradKernel,
  reluGradKernel,
  softmaxCrossEntropyKernel,
  sgdUpdateKernel,
  adamWUpdateKernel,
];

/** Registers what tfjs-node lacks; what is registered already is replaced in silence. */
export function registerTensorFlowKernels(): void {
  for (const kernel of KERNELS) {
    const { kernelName } = kernel;
    // TensorFlow.js warns of a kernel that is registered twice.
    if ((tf.getKernel(kernelName, TENSORFLOW_BACKEND) as unknown) != null) {
      tf.unregisterKernel(kernelName, TENSORFLOW_BACKEND);
    }
    tf.registerKernel({
      kernelName,
      backendName: TENSORFLOW_BACKEND,
      kernelFunc: ({ inputs, attrs, backend }) =>
        kernel.run(backend as TensorFlowBackend, inputs as Record<string, tf.TensorInfo>, { ...attrs }),
    });
  }
}
