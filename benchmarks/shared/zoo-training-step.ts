import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { FUSED_KERNELS, softmaxCrossEntropy } from '@zoo/core';

/** Random images [batch, size, size, 3]. */
export function randomImages(batch: number, size: number): tf.Tensor4D {
  return tf.randomNormal([batch, size, size, 3], 0, 1, 'float32', 1);
}

/** Labels [batch, classes], one example of each class in turn. */
export function labelsInTurn(batch: number, classes: number): tf.Tensor2D {
  const indices = Array.from({ length: batch }, (_, index) => index % classes);
  return tf.tidy(() => tf.cast(tf.oneHot(indices, classes), 'float32') as tf.Tensor2D);
}

/** A training step of a classifier of logits with the fused loss and optimizer: SGD with momentum. */
export function zooTrainingStep(
  model: tfl.LayersModel,
  images: tf.Tensor4D,
  labels: tf.Tensor2D,
): () => void {
  const variables = model.trainableWeights.map(({ name }) => tf.engine().registeredVariables[name]!);
  // Weights may share memory with each other (all zeros, say); the update in place must reach each alone.
  tf.tidy(() => {
    for (const variable of variables) variable.assign(tf.mul(variable, 1));
  });
  const velocities = variables.map((variable) => tf.tidy(() => tf.variable(tf.zerosLike(variable), false)));
  const attributes = {
    learningRate: 0.01,
    momentum: 0.9,
    nesterov: false,
    weightDecays: variables.map(() => 0),
    gradientScale: 1,
  };
  return () => {
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(
        () => tf.mean(softmaxCrossEntropy(model.apply(images, { training: true }) as tf.Tensor2D, labels)),
        variables,
      );
      const gradients = variables.map(({ name }) => grads[name]!);
      const inputs = [...variables, ...gradients, ...velocities] as unknown as tf.NamedTensorMap;
      tf.engine().runKernel(FUSED_KERNELS.sgdUpdate, inputs, attributes);
      // WebGPU reads nothing synchronously: there the caller waits for the card.
      if (tf.getBackend() !== 'webgpu') value.dataSync();
    });
  };
}
