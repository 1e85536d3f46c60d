import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { isZooError, modelMetadata } from '@zoo/core';

import { cifarResnet, type WeightsOption } from '../src';

/** What the tests call in the page. */
export const resnetPage = {
  /** The outputs of a small net with these weights for one grey picture, and what it says of its pixels. */
  async load(weights: WeightsOption) {
    await tf.setBackend('cpu');
    const progress: number[] = [];
    const model = await cifarResnet(20, {
      weights,
      onProgress: ({ receivedBytes }) => void progress.push(receivedBytes),
    });
    const outputs = tf.tidy(() => [...(model.predict(tf.fill([1, 32, 32, 3], 0.5)) as tf.Tensor).dataSync()]);
    const normalization = modelMetadata(model)?.preprocessing?.normalization;
    model.dispose();
    return { outputs, normalization, receivedBytes: progress.at(-1) };
  },
  /** The error of such a net, or undefined if there was none. */
  async refuse(weights: WeightsOption) {
    try {
      await resnetPage.load(weights);
      return undefined;
    } catch (error) {
      return { message: (error as Error).message, code: isZooError(error) ? error.code : undefined };
    }
  },
};

Object.assign(globalThis, { resnetPage });
