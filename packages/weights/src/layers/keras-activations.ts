import * as tf from '@tensorflow/tfjs-core';
import { memoize } from '@zoo/core';

type Activate = (x: tf.Tensor) => tf.Tensor;

/** `x` between `low` and `high`, with a gradient at both ends as Keras' backends have it. */
const clip = (x: tf.Tensor, low: number, high: number): tf.Tensor => tf.clipByValue(x, low, high);
const hardSigmoid: Activate = (x) => tf.div(clip(tf.add(x, 3), 0, 6), 6);
/** `x` beyond 0.5 on either side, zero between. */
const outside: Activate = (x) => tf.mul(x, tf.step(tf.sub(tf.abs(x), 0.5)));

/**
 * Activations of Keras 3 that TensorFlow.js lacks, by the names that its registry has for them: in camel case, as it reads files.
 *
 * @see keras/src/activations/activations.py
 */
const ACTIVATIONS: Readonly<Record<string, Activate>> = {
  celu: (x) => tf.elu(x),
  exponential: (x) => tf.exp(x),
  hardShrink: outside,
  hardSilu: (x) => tf.mul(x, hardSigmoid(x)),
  hardTanh: (x) => clip(x, -1, 1),
  leakyRelu: (x) => tf.leakyRelu(x, 0.2),
  logSigmoid: (x) => tf.neg(tf.softplus(tf.neg(x))),
  softShrink: (x) => tf.sub(tf.relu(tf.sub(x, 0.5)), tf.relu(tf.sub(tf.neg(x), 0.5))),
  // A parabola from -1 to 1, a line from there on.
  sparsePlus: (x) => tf.add(tf.div(tf.square(tf.add(clip(x, -1, 1), 1)), 4), tf.relu(tf.sub(x, 1))),
  sparseSigmoid: (x) => tf.div(tf.add(clip(x, -1, 1), 1), 2),
  squareplus: (x) => tf.div(tf.add(x, tf.sqrt(tf.add(tf.square(x), 4))), 2),
  tanhShrink: (x) => tf.sub(x, tf.tanh(x)),
  // TensorFlow.js' hardSigmoid is Keras 2's, with a slope of 0.2.
  zooHardSigmoid: hardSigmoid,
};

/** Adds the activations of Keras 3 to TensorFlow.js' registry. */
export const registerKerasActivations = /* @__PURE__ */ memoize((): true => {
  const map = tf.serialization.SerializationMap.getMap().classNameMap;
  const Base = Object.getPrototypeOf(map['relu']![0]) as new () => tf.serialization.Serializable;
  for (const [name, activate] of Object.entries(ACTIVATIONS)) {
    const cls = class extends Base {
      static className = name;
      apply(x: tf.Tensor): tf.Tensor {
        return tf.tidy(() => activate(x));
      }
      override getConfig(): tf.serialization.ConfigDict {
        return {};
      }
    };
    tf.serialization.registerClass(
      cls as unknown as tf.serialization.SerializableConstructor<tf.serialization.Serializable>,
    );
  }
  return true;
});
