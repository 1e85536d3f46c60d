import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { batchNormalization, createRandom } from '@zoo/core';

/** Gives every weight of `model` other values, variances positive. */
export function randomizeWeights(model: tfl.LayersModel, seed = 1): tfl.LayersModel {
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
export function smallResidualNet(name = 'small'): tfl.LayersModel {
  const input = tfl.input({ shape: [8, 8, 3], name: 'pixels' });
  const convolve = (
    x: tfl.SymbolicTensor,
    layer: string,
    filters: number,
    strides: number,
    kernelSize: number,
  ) => tfl.layers.conv2d({ name: `${layer}_conv`, filters, kernelSize, strides, padding: 'same' }).apply(x);
  const norm = (x: unknown, layer: string) =>
    batchNormalization({ name: `${layer}_bn`, epsilon: 1.001e-5 }).apply(
      x as tfl.SymbolicTensor,
    ) as tfl.SymbolicTensor;
  const first = norm(convolve(input, 'a', 4, 1, 3), 'a');
  const active = tfl.layers
    .activation({ activation: 'relu', name: 'a_relu' })
    .apply(first) as tfl.SymbolicTensor;
  const branch = norm(convolve(active, 'b', 8, 2, 3), 'b');
  const shortcut = norm(convolve(active, 'c', 8, 2, 1), 'c');
  const sum = tfl.layers.add({ name: 'sum' }).apply([branch, shortcut]) as tfl.SymbolicTensor;
  const pooled = tfl.layers.globalAveragePooling2d({ name: 'pool' }).apply(sum) as tfl.SymbolicTensor;
  const output = tfl.layers.dense({ units: 5, activation: 'softmax', name: 'classes' }).apply(pooled);
  return randomizeWeights(tfl.model({ inputs: input, outputs: output as tfl.SymbolicTensor, name }));
}

/** A sequential model with a nested model in it. */
export function nestedModel(): tfl.LayersModel {
  const inner = tfl.sequential({ name: 'inner' });
  inner.add(tfl.layers.conv2d({ name: 'conv', filters: 3, kernelSize: 3, inputShape: [6, 6, 2] }));
  inner.add(batchNormalization({ name: 'bn' }));
  const outer = tfl.sequential({ name: 'outer' });
  outer.add(inner);
  outer.add(tfl.layers.separableConv2d({ name: 'separable', filters: 4, kernelSize: 2, depthMultiplier: 2 }));
  outer.add(tfl.layers.flatten({ name: 'flat' }));
  outer.add(tfl.layers.dense({ name: 'dense', units: 2 }));
  return randomizeWeights(outer);
}

/** The model's outputs for a fixed batch of inputs. */
export function outputsOf(model: tfl.LayersModel, seed = 5): number[] {
  return tf.tidy(() => {
    const shape = model.inputs[0]!.shape.map((size, i) => (i === 0 ? 2 : size!));
    const random = createRandom(seed);
    const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal());
    return [...(model.predict(tf.tensor(values, shape)) as tf.Tensor).dataSync()];
  });
}

/** All of the model's weights, as numbers. */
export function weightValues(model: tfl.LayersModel): number[][] {
  return model.weights.map((weight) => [...weight.read().dataSync()]);
}

/** Makes every weight zero. */
export function zeroWeights(model: tfl.LayersModel): void {
  for (const weight of model.weights) {
    const zeros = tf.zeros(weight.shape as number[]);
    weight.write(zeros);
    zeros.dispose();
  }
}
