import * as tf from '@tensorflow/tfjs';

import { registerGradients } from '../kernels/register-gradients';

import { batchNormGradKernel, batchNormKernel } from './kernels/batch-norm';
import { sumKernel } from './kernels/bias-gradient';
import {
  convolutionFilterGradientKernel,
  convolutionInputGradientKernel,
} from './kernels/convolution-gradients';
import { convolutionKernel, fusedConvolutionKernel } from './kernels/convolutions';
import { adamWUpdateKernel, sgdUpdateKernel } from './kernels/optimizer-updates';
import { avgPoolGradKernel, avgPoolKernel, maxPoolGradKernel, maxPoolKernel } from './kernels/padded-pooling';
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

/** Ours, so that registering twice does not take our own kernel for the stock one. */
const ours = new WeakSet<tf.KernelFunc>();

/** Registers what tfjs-node lacks, refuses or does slowly. */
export function registerTensorFlowKernels(): void {
  registerGradients();
  KERNELS.forEach(register);
}

function register({ kernelName, run }: TensorFlowKernel): void {
  const stock = tf.getKernel(kernelName, TENSORFLOW_BACKEND) as tf.KernelConfig | null | undefined;
  if (stock != null && ours.has(stock.kernelFunc)) return;
  const kernelFunc: tf.KernelFunc = ({ inputs, attrs, backend }) =>
    run(
      backend as TensorFlowBackend,
      inputs as Record<string, tf.Tensor>,
      { ...attrs },
      (input, attributes) =>
        stock!.kernelFunc({ inputs: { ...input }, attrs: attributes as tf.NamedAttrMap, backend }),
    );
  ours.add(kernelFunc);
  // TensorFlow.js warns of a kernel that is registered twice.
  if (stock != null) tf.unregisterKernel(kernelName, TENSORFLOW_BACKEND);
  tf.registerKernel({ kernelName, backendName: TENSORFLOW_BACKEND, kernelFunc });
}
