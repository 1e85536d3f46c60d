import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

import { batchNormTraining } from './batch-norm-training';
import { memoize } from './memoize';

/** Arguments of {@link batchNormalization}: those of `tf.layers.batchNormalization`, with the same defaults. */
export type BatchNormalizationArguments = NonNullable<Parameters<typeof tfl.layers.batchNormalization>[0]>;

/**
 * A batch normalisation layer that trains correctly; it is saved and loaded as the stock `BatchNormalization`.
 *
 * In training it normalises by the batch (one fused kernel where the engine has it), moves its averages with Bessel's correction n / (n -
 * 1) of the variance as TensorFlow's fused op does, allows `scale: false` and `center: false`, and leaks nothing. With `trainable` false,
 * on the layer or on its model, it behaves as in inference and its averages do not change, as in Keras. It normalises any axis of any rank;
 * the stock layer is correct only for the last axis of at most four.
 *
 * @param args As for `tf.layers.batchNormalization`; defaults: axis -1, momentum 0.99, epsilon 1e-3.
 */
export function batchNormalization(args: BatchNormalizationArguments = {}): tfl.layers.Layer {
  return new (batchNormalizationClass())(args);
}

/** What the stock class keeps in its instances; its declaration hides them. */
interface StockBatchNormalization extends tfl.layers.Layer {
  readonly axis: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly gamma?: tfl.LayerVariable;
  readonly beta?: tfl.LayerVariable;
  readonly movingMean: tfl.LayerVariable;
  readonly movingVariance: tfl.LayerVariable;
}

type StockConstructor = new (args: BatchNormalizationArguments) => StockBatchNormalization;

// TensorFlow.js does not export the class, so it is taken from an instance. Made at the first call, because importing must have no effect.
const stockClass = /* @__PURE__ */ memoize(
  () => tfl.layers.batchNormalization({}).constructor as StockConstructor,
);

const batchNormalizationClass = /* @__PURE__ */ memoize(
  (): new (args: BatchNormalizationArguments) => tfl.layers.Layer => {
    correctStockBatchNormalization();
    return class BatchNormalization extends stockClass() {
      override call(
        inputs: tf.Tensor | tf.Tensor[],
        kwargs: Record<string, unknown>,
      ): tf.Tensor | tf.Tensor[] {
        const byAverages = (values: tf.Tensor | tf.Tensor[]) =>
          super.call(values, { ...kwargs, training: false });
        if (kwargs['training'] !== true) return byAverages(inputs);
        const input = Array.isArray(inputs) ? inputs[0]! : inputs;
        if (isFrozen(this)) return normalizeFrozen(this, input, (x) => byAverages(x) as tf.Tensor);
        return tf.tidy(() => normalizeByBatch(this, input));
      }
    };
  },
);

/**
 * Corrects `tf.layers.batchNormalization` itself along any axis, in inference and training: it changes TensorFlow.js' class.
 *
 * On the cpu and wasm engines the stock layer takes statistics of the wrong channels for any axis but the last, and it refuses five
 * dimensions. The rest of the layer stays. {@link batchNormalization}, the loaders of `@zoo/weights` and `selectEngine` of `@zoo/engine`
 * call this function, because importing a package changes nothing. A program that uses none of them calls it once itself. Further calls do
 * nothing.
 */
export function correctStockBatchNormalization(): void {
  correctOnce();
}

const correctOnce = /* @__PURE__ */ memoize((): true => {
  const prototype = stockClass().prototype as Correctable;
  // Another copy of this package in the process may have done this already.
  if (CORRECTED in prototype) return true;
  const stockCall = prototype.call;
  prototype.call = function (inputs, kwargs) {
    const input = Array.isArray(inputs) ? inputs[0]! : inputs;
    if (isLastAxis(this.axis, input.rank) && input.rank <= 4) return stockCall.call(this, inputs, kwargs);
    const normalize = kwargs['training'] === true ? normalizeByBatch : normalizeByAverages;
    return tf.tidy(() => normalize(this, input));
  };
  prototype[CORRECTED] = true;
  return true;
});

const CORRECTED = Symbol.for('@zoo/corrected-batch-normalization');

type Call = (
  this: StockBatchNormalization,
  inputs: tf.Tensor | tf.Tensor[],
  kwargs: Record<string, unknown>,
) => tf.Tensor | tf.Tensor[];

interface Correctable {
  call: Call;
  [CORRECTED]?: true;
}

function isLastAxis(axis: number, rank: number): boolean {
  return axis === -1 || axis === rank - 1;
}

/** By the moving averages, along any axis: `x * scale + offset`, each broadcast from the axis. */
function normalizeByAverages(layer: StockBatchNormalization, input: tf.Tensor): tf.Tensor {
  const scale = scaleOf(layer);
  const shift = tf.neg(tf.mul(layer.movingMean.read(), scale));
  const offset = layer.beta === undefined ? shift : tf.add(shift, layer.beta.read());
  const shape = broadcastShape(layer, input);
  return tf.add(tf.mul(input, tf.reshape(scale, shape)), tf.reshape(offset, shape));
}

/** What each channel is multiplied by where the moving averages normalise. [C] */
function scaleOf(layer: StockBatchNormalization): tf.Tensor {
  const inverse = tf.rsqrt(tf.add(layer.movingVariance.read(), layer.epsilon));
  return layer.gamma === undefined ? inverse : tf.mul(inverse, layer.gamma.read());
}

/** 1 in each dimension but the layer's axis: [1, 1, 1, C] as a rule. */
function broadcastShape(layer: StockBatchNormalization, { shape, rank }: tf.Tensor): number[] {
  const axis = layer.axis < 0 ? layer.axis + rank : layer.axis;
  return shape.map((size, dimension) => (dimension === axis ? size : 1));
}

/**
 * A frozen norm within training: by the moving averages, with the gradient of the input alone. TensorFlow.js' own gradient also tiles the
 * statistics over the whole batch for gradients of the frozen weights, which nobody asks for.
 */
function normalizeFrozen(
  layer: StockBatchNormalization,
  input: tf.Tensor,
  normalize: (x: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  const frozen = tf.customGrad((x: tf.Tensor | tf.GradSaveFunc) => ({
    value: normalize(x as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => tf.mul(dy, tf.reshape(scaleOf(layer), broadcastShape(layer, dy))),
  }));
  return frozen(input);
}

/** `model.trainable = false` reaches a layer's weights and not the layer: both are asked. */
function isFrozen(layer: StockBatchNormalization): boolean {
  if (!layer.trainable) return true;
  const weights = [layer.gamma, layer.beta].filter((weight) => weight !== undefined);
  return weights.length > 0 && weights.every((weight) => !weight.trainable);
}

function normalizeByBatch(layer: StockBatchNormalization, input: tf.Tensor): tf.Tensor {
  const axis = layer.axis < 0 ? layer.axis + input.rank : layer.axis;
  const channels = input.shape[axis]!;
  const order = input.shape.map((_, dimension) => dimension);
  const isLast = isLastAxis(axis, input.rank);
  // Swapping the two axes is its own inverse.
  [order[axis], order[input.rank - 1]] = [input.rank - 1, axis];
  const channelsLast = isLast ? input : tf.transpose(input, order);
  const scale = (layer.gamma?.read() ?? tf.ones([channels])) as tf.Tensor1D;
  const offset = (layer.beta?.read() ?? tf.zeros([channels])) as tf.Tensor1D;
  const normalized = batchNormTraining(channelsLast, scale, offset, {
    epsilon: layer.epsilon,
    movingAverages: {
      mean: layer.movingMean.read() as unknown as tf.Variable,
      variance: layer.movingVariance.read() as unknown as tf.Variable,
      momentum: layer.momentum,
    },
  });
  return isLast ? normalized : tf.transpose(normalized, order);
}
