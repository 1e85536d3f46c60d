import type * as tf from '@tensorflow/tfjs-core';

import { registerGradients } from '../../kernels/register-gradients';
import { replaceKernel } from '../../kernels/replace-kernel';

import { batchNormGradKernel, batchNormKernel } from './kernels/batch-norm';
import { sumKernel } from './kernels/bias-gradient';
import {
  convolutionFilterGradientKernel,
  convolutionInputGradientKernel,
} from './kernels/convolution-gradients';
import { convolutionKernel, fusedConvolutionKernel } from './kernels/convolutions';
import { groupedConvolutionKernels, hasGroupedGradients } from './kernels/grouped-convolution';
import { adamWUpdateKernel, sgdUpdateKernel } from './kernels/optimizer-updates';
import { avgPoolGradKernel, avgPoolKernel, maxPoolGradKernel, maxPoolKernel } from './kernels/padded-pooling';
import { reluGradKernel } from './kernels/relu-grad';
import { softmaxCrossEntropyKernel } from './kernels/softmax-cross-entropy';
import type { TensorFlowKernel } from './kernels/tensorflow-kernel';
import { TENSORFLOW_BACKEND } from './load-tensorflow';
import type { TensorFlowBackend } from './tensorflow-backend';

const KERNELS: readonly TensorFlowKernel[] = [
  batchNormKernel,
  batchNormGradKernel,
  reluGradKernel,
  softmaxCrossEntropyKernel,
  convolutionKernel,
  fusedConvolutionKernel,
  convolutionInputGradientKernel,
  convolutionFilterGradientKernel,
  maxPoolKernel,
  maxPoolGradKernel,
  avgPoolKernel,
  avgPoolGradKernel,
  sumKernel,
  sgdUpdateKernel,
  adamWUpdateKernel,
];

/** Registers what tfjs-node lacks, refuses or does slowly. */
export function registerTensorFlowKernels(backend: TensorFlowBackend): void {
  registerGradients();
  KERNELS.forEach(register);
  // Where it refuses, grouped convolutions stay core's composition of stock operations.
  if (hasGroupedGradients(backend)) groupedConvolutionKernels.forEach(register);
}

function register({ kernelName, run }: TensorFlowKernel): void {
  replaceKernel(
    kernelName,
    TENSORFLOW_BACKEND,
    (stock) =>
      ({ inputs, attrs, backend }) =>
        run(
          backend as TensorFlowBackend,
          inputs as Record<string, tf.Tensor>,
          { ...attrs },
          (input, attributes) =>
            stock!({ inputs: { ...input }, attrs: attributes as tf.NamedAttrMap, backend }),
        ),
  );
}
