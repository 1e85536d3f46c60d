import * as tf from '@tensorflow/tfjs-core';

import { convolutionAttributes, convolutionInfo } from '../convolution';
import { IdScope } from '../id-scope';
import { attributeList } from '../operation';

import type { TensorFlowKernel } from './tensorflow-kernel';

/** The convolution, with padding given as a number of pixels too, which stock tfjs-node refuses. */
export const convolutionKernel: TensorFlowKernel = {
  kernelName: tf.Conv2D,
  run: (backend, { x, filter }, attributes) => {
    const info = convolutionInfo(x!.shape, filter!.shape, attributes);
    return backend.executeSingleOutput('Conv2D', convolutionAttributes(backend, info), [x!, filter!]);
  },
};

/** The convolution with its bias and activation; the bias by TensorFlow's BiasAdd, where stock tfjs-node broadcasts a sum. */
export const fusedConvolutionKernel: TensorFlowKernel = {
  kernelName: tf.FusedConv2D,
  run: (backend, { x, filter, bias, preluActivationWeights }, attributes) => {
    const info = convolutionInfo(x!.shape, filter!.shape, attributes);
    const { activation = 'linear', leakyreluAlpha } = attributes as Activation;
    const output = IdScope.run(backend, (scope) => {
      const ids = backend.getInputTensorIds(bias === undefined ? [x!, filter!] : [x!, filter!, bias]);
      let id = scope.execute('Conv2D', convolutionAttributes(backend, info), ids.slice(0, 2));
      if (bias !== undefined) {
        const channels = bias.shape.length === 1 ? ids[2]! : scope.reshape(ids[2]!, [info.outChannels]);
        const biasAttributes = attributeList(backend, { data_format: 'NHWC' });
        id = scope.execute('BiasAdd', biasAttributes, [id, channels]);
      }
      return activation === 'relu' ? scope.execute('Relu', attributeList(backend, {}), [id]) : id;
    });
    if (activation === 'linear' || activation === 'relu') return output;
    const activated = backend.applyActivation(output, activation, preluActivationWeights, leakyreluAlpha);
    output.dispose();
    return activated;
  },
};

interface Activation {
  activation?: string;
  leakyreluAlpha?: number;
}
