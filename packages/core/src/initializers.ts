import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

import { memoize } from './memoize';
import { createRandom } from './random';
import { fillNormal, fillTruncatedNormal, fillUniform } from './random-fill';

/** Draws a weight's first values; what `tf.layers` take as `kernelInitializer`. */
export type Initializer = ReturnType<typeof tfl.initializers.heNormal>;

/** Options of {@link varianceScaling}. */
export interface VarianceScalingOptions {
  /** Factor of the variance: variance = scale / fan. Default 1. */
  scale?: number;
  /** What the fan counts: inputs of a unit, outputs, or their average. Default 'fanIn'. */
  mode?: 'fanIn' | 'fanOut' | 'fanAvg';
  /**
   * 'normal' is cut at two standard deviations and widened to keep the variance, as Keras draws it; 'untruncatedNormal' is whole, as
   * PyTorch draws it, and saves as 'normal', which is all that stock TensorFlow.js knows. Default 'normal'.
   */
  distribution?: 'normal' | 'untruncatedNormal' | 'uniform';
  /** A non-negative integer; the same seed draws the same values. Default: another draw at each call. */
  seed?: number | undefined;
}

/** Options of the named initializers. */
export interface InitializerOptions {
  /** A non-negative integer; the same seed draws the same values. Default: another draw at each call. */
  seed?: number | undefined;
}

/**
 * Values whose variance is `scale / fan`, drawn as Keras draws them; saves and loads as the stock `VarianceScaling`.
 *
 * The stock initializer ignores that cutting a normal distribution at two standard deviations narrows it: its kernels are 12 % smaller than
 * Keras'. Source: keras/src/initializers/random_initializers.py, VarianceScaling.
 */
export function varianceScaling(options: VarianceScalingOptions = {}): Initializer {
  const { scale = 1, mode = 'fanIn', distribution = 'normal', seed } = options;
  const args = { scale, mode, distribution, ...(seed === undefined ? {} : { seed }) };
  return new (varianceScalingClass())(args);
}

/** He et al. 2015 ("Delving deep into rectifiers"): normal, variance 2 / fan in; the papers' own for residual networks. */
export const heNormal = (options: InitializerOptions = {}): Initializer =>
  varianceScaling({ scale: 2, mode: 'fanIn', distribution: 'normal', ...options });

/** He et al. 2015, uniform, variance 2 / fan in. */
export const heUniform = (options: InitializerOptions = {}): Initializer =>
  varianceScaling({ scale: 2, mode: 'fanIn', distribution: 'uniform', ...options });

/** Normal, variance 2 / fan out, not cut: torchvision's `kaiming_normal_(mode='fan_out')`. */
export const heNormalFanOut = (options: InitializerOptions = {}): Initializer =>
  varianceScaling({ scale: 2, mode: 'fanOut', distribution: 'untruncatedNormal', ...options });

/** Glorot and Bengio 2010 ("Xavier"): uniform, variance 2 / (fan in + fan out); Keras' default. */
export const glorotUniform = (options: InitializerOptions = {}): Initializer =>
  varianceScaling({ scale: 1, mode: 'fanAvg', distribution: 'uniform', ...options });

/** Glorot and Bengio 2010 ("Xavier"): normal, variance 2 / (fan in + fan out). */
export const glorotNormal = (options: InitializerOptions = {}): Initializer =>
  varianceScaling({ scale: 1, mode: 'fanAvg', distribution: 'normal', ...options });

interface StockVarianceScaling extends Initializer {
  readonly scale: number;
  readonly mode: 'fanIn' | 'fanOut' | 'fanAvg';
  readonly distribution: 'normal' | 'uniform';
  readonly seed?: number;
}

type StockConstructor = new (args: VarianceScalingOptions) => StockVarianceScaling;

const varianceScalingClass = /* @__PURE__ */ memoize(
  (): new (args: VarianceScalingOptions) => Initializer => {
    const stock = tfl.initializers.varianceScaling({ scale: 1, mode: 'fanIn', distribution: 'normal' });
    const Stock = stock.constructor as StockConstructor;
    return class VarianceScaling extends Stock {
      private readonly isWhole: boolean;

      constructor({ distribution, ...args }: VarianceScalingOptions) {
        super({ ...args, distribution: distribution === 'uniform' ? 'uniform' : 'normal' });
        this.isWhole = distribution === 'untruncatedNormal';
      }

      override apply(shape: tfl.Shape): tf.Tensor {
        const dimensions = shape as number[];
        const variance = this.scale / Math.max(1, fan(dimensions, this.mode));
        const values = new Float32Array(dimensions.reduce((product, size) => product * size, 1));
        const seed = this.seed ?? Math.floor(Math.random() * 2 ** 32);
        const random = createRandom(seed).fork('initializer');
        if (this.isWhole) fillNormal(values, Math.sqrt(variance), random);
        else if (this.distribution === 'normal') fillTruncatedNormal(values, Math.sqrt(variance), random);
        else fillUniform(values, Math.sqrt(3 * variance), random);
        return tf.tensor(values, dimensions);
      }
    };
  },
);

/** Fans of a kernel [..., in, out]: the receptive field counts for both. */
function fan(shape: readonly number[], mode: 'fanIn' | 'fanOut' | 'fanAvg'): number {
  const receptiveField = shape.slice(0, -2).reduce((product, size) => product * size, 1);
  const fanOut = receptiveField * (shape[shape.length - 1] ?? 1);
  const fanIn = shape.length < 2 ? fanOut : receptiveField * shape[shape.length - 2]!;
  return mode === 'fanIn' ? fanIn : mode === 'fanOut' ? fanOut : (fanIn + fanOut) / 2;
}
