import * as tf from '@tensorflow/tfjs';

import { batchNormTraining } from './batch-norm-training';
import { memoize } from './memoize';

/** Arguments of {@link batchNormalization}: those of `tf.layers.batchNormalization`, with the same defaults. */
export type BatchNormalizationArguments = NonNullable<Parameters<typeof tf.layers.batchNormalization>[0]>;

/**
 * A batch normalisation layer that is right in training; it saves and loads as the stock `BatchNormalization`.
 *
 * In training it normalises by the batch (one fused kernel where the engine has it), moves its averages with Bessel's
 * correction n / (n - 1) of the variance as TensorFlow's fused op does, allows `scale: false` and `center: false`, and leaks
 * nothing. With `trainable` false, on the layer or on its model, it behaves as in inference and its averages stand still,
 * as in Keras. Inference is the stock layer's.
 *
 * @param args As for `tf.layers.batchNormalization`; defaults: axis -1, momentum 0.99, epsilon 1e-3.
 */
export function batchNormalization(args: BatchNormalizationArguments = {}): tf.layers.Layer {
  return new (batchNormalizationClass())(args);
}

/** What the stock class keeps in its instances; its declaration hides them. */
interface StockBatchNormalization extends tf.layers.Layer {
  readonly axis: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly gamma?: tf.LayerVariable;
  readonly beta?: tf.LayerVariable;
  readonly movingMean: tf.LayerVariable;
  readonly movingVariance: tf.LayerVariable;
}

type StockConstructor = new (args: BatchNormalizationArguments) => StockBatchNormalization;

// The stock class is not exported: an instance is the only way to it. Made at the first call, so that importing does nothing.
const batchNormalizationClass = /* @__PURE__ */ memoize(
  (): new (args: BatchNormalizationArguments) => tf.layers.Layer => {
    const Stock = tf.layers.batchNormalization({}).constructor as StockConstructor;
    return class BatchNormalization extends Stock {
      override call(
        inputs: tf.Tensor | tf.Tensor[],
        kwargs: Record<string, unknown>,
      ): tf.Tensor | tf.Tensor[] {
        if (kwargs['training'] !== true || isFrozen(this)) {
          return super.call(inputs, { ...kwargs, training: false });
        }
        return tf.tidy(() => normalizeByBatch(this, Array.isArray(inputs) ? inputs[0]! : inputs));
      }
    };
  },
);

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
  const isLast = axis === input.rank - 1;
  // Swapping the two axes is its own inverse.
  [order[axis], order[input.rank - 1]] = [input.rank - 1, axis];
  const channelsLast = isLast ? input : tf.transpose(input, order);
  const scale = (layer.gamma?.read() ?? tf.ones([channels])) as tf.Tensor1D;
  const offset = (layer.beta?.read() ?? tf.zeros([channels])) as tf.Tensor1D;
  const normalized = batchNormTraining(channelsLast, scale, offset, {
    epsilon: layer.epsilon,
    movingAverages: {
      mean: layer.movingMean.read() as tf.Variable,
      variance: layer.movingVariance.read() as tf.Variable,
      momentum: layer.momentum,
    },
  });
  return isLast ? normalized : tf.transpose(normalized, order);
}
