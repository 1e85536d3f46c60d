import * as tf from '@tensorflow/tfjs';
import { batchNormalization, createRandom } from '@zoo/core';

/** Gives every weight of `model` other values, variances positive. */
export function randomizeWeights(model: tf.LayersModel, seed = 1): tf.LayersModel {
  for (const [i, weight] of model.weights.entries()) {
    const random = createRandom(seed).fork('weight', i);
    const isVariance = weight.originalName.endsWith('variance');
    tf.tidy(() => {
      const size = tf.util.sizeFromShape(weight.shape as number[]);
      const values = Float32Array.from({ length: size }, () =>
        isVariance ? random.uniformBetween(0.5, 2) : 0.3 * random.normal(),
      );
      weight.write(tf.tensor(values, weight.shape as number[]));
    });
  }
  return model;
}

/** A residual net in miniature: convolutions, batch norms, projection, addition, pooling, dense. */
export function smallResidualNet(name = 'small'): tf.LayersModel {
  const input = tf.input({ shape: [8, 8, 3], name: 'pixels' });
  const convolve = (
    x: tf.SymbolicTensor,
    layer: string,
    filters: number,
    strides: number,
    kernelSize: number,
  ) => tf.layers.conv2d({ name: `${layer}_conv`, filters, kernelSize, strides, padding: 'same' }).apply(x);
  const norm = (x: unknown, layer: string) =>
    batchNormalization({ name: `${layer}_bn`, epsilon: 1.001e-5 }).apply(
      x as tf.SymbolicTensor,
    ) as tf.SymbolicTensor;
  const first = norm(convolve(input, 'a', 4, 1, 3), 'a');
  const active = tf.layers
    .activation({ activation: 'relu', name: 'a_relu' })
    .apply(first) as tf.SymbolicTensor;
  const branch = norm(convolve(active, 'b', 8, 2, 3), 'b');
  const shortcut = norm(convolve(active, 'c', 8, 2, 1), 'c');
  const sum = tf.layers.add({ name: 'sum' }).apply([branch, shortcut]) as tf.SymbolicTensor;
  const pooled = tf.layers.globalAveragePooling2d({ name: 'pool' }).apply(sum) as tf.SymbolicTensor;
  const output = tf.layers.dense({ units: 5, activation: 'softmax', name: 'classes' }).apply(pooled);
  return randomizeWeights(tf.model({ inputs: input, outputs: output as tf.SymbolicTensor, name }));
}

/** A sequential model with a nested model in it. */
export function nestedModel(): tf.LayersModel {
  const inner = tf.sequential({ name: 'inner' });
  inner.add(tf.layers.conv2d({ name: 'conv', filters: 3, kernelSize: 3, inputShape: [6, 6, 2] }));
  inner.add(batchNormalization({ name: 'bn' }));
  const outer = tf.sequential({ name: 'outer' });
  outer.add(inner);
  outer.add(tf.layers.separableConv2d({ name: 'separable', filters: 4, kernelSize: 2, depthMultiplier: 2 }));
  outer.add(tf.layers.flatten({ name: 'flat' }));
  outer.add(tf.layers.dense({ name: 'dense', units: 2 }));
  return randomizeWeights(outer);
}

/** The model's outputs for a fixed batch of inputs. */
export function outputsOf(model: tf.LayersModel, seed = 5): number[] {
  return tf.tidy(() => {
    const shape = model.inputs[0]!.shape.map((size, i) => (i === 0 ? 2 : size!));
    const random = createRandom(seed);
    const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal());
    return [...(model.predict(tf.tensor(values, shape)) as tf.Tensor).dataSync()];
  });
}

/** All of the model's weights, as numbers. */
export function weightValues(model: tf.LayersModel): number[][] {
  return model.weights.map((weight) => [...weight.read().dataSync()]);
}

/** Makes every weight zero. */
export function zeroWeights(model: tf.LayersModel): void {
  for (const weight of model.weights) {
    const zeros = tf.zeros(weight.shape as number[]);
    weight.write(zeros);
    zeros.dispose();
  }
}
