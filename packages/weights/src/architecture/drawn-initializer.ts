import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {
  createRandom,
  describeValue,
  fillNormal,
  fillTruncatedNormal,
  fillUniform,
  TRUNCATED_NORMAL_DEVIATION,
  varianceScaling,
  type AddWeight,
  type Random,
  type VarianceScalingOptions,
} from '@zoo/core';

import { invalidFile } from '../source/byte-source';

import { fillOrthogonal } from './fill-orthogonal';
import type { ObjectSpec } from './parse-objects';

type Initializer = NonNullable<Parameters<AddWeight>[3]>;

/** Numbers of an initializer's configuration, as TensorFlow.js has completed it. */
type Settings = Readonly<Record<'gain' | 'maxval' | 'mean' | 'minval' | 'stddev' | 'value', number>>;

type Fill = (values: Float32Array, settings: Settings, random: Random, shape: readonly number[]) => void;

/** How each class fills a weight (keras/src/initializers/random_initializers.py). */
const FILLS: Readonly<Record<string, Fill>> = {
  Constant: (values, { value }) => values.fill(value),
  Orthogonal: (values, { gain }, random, shape) => fillOrthogonal(values, shape, gain, random),
  RandomNormal(values, { mean, stddev }, random) {
    fillNormal(values, stddev, random);
    shift(values, mean);
  },
  RandomUniform(values, { minval, maxval }, random) {
    fillUniform(values, (maxval - minval) / 2, random);
    shift(values, (minval + maxval) / 2);
  },
  // Truncated at two standard deviations, which narrows it.
  TruncatedNormal(values, { mean, stddev }, random) {
    fillTruncatedNormal(values, stddev * TRUNCATED_NORMAL_DEVIATION, random);
    shift(values, mean);
  },
};

function shift(values: Float32Array, by: number): void {
  if (by !== 0) for (let i = 0; i < values.length; i++) values[i]! += by;
}

/**
 * An initializer that draws what `initializer` stands for, as Keras does: soon, and into one array.
 *
 * TensorFlow.js takes 2.5 s for a hundred million normal numbers, twice a constant's memory, a minute for an orthogonal kernel of some
 * hundred units, and draws `truncatedNormal` of `VarianceScaling` (HeNormal, GlorotNormal, LecunNormal) uniform.
 */
export function drawnInitializer(initializer: Initializer): Initializer {
  const className = initializer.getClassName();
  const settings = initializer.getConfig() as Settings & { readonly seed?: number | null };
  // A file may hold any number as a seed.
  const random = createRandom(0).fork('initializer', settings.seed ?? Math.random());
  if (className === 'VarianceScaling') {
    const { scale, mode, distribution } = initializer.getConfig() as Required<VarianceScalingOptions>;
    const cut = distribution === 'uniform' ? distribution : 'normal';
    return varianceScaling({ scale, mode, distribution: cut, seed: random.bits() });
  }
  const fill = FILLS[className];
  if (fill === undefined) return initializer;
  const drawn = tfl.initializers.zeros();
  drawn.apply = (shape) => {
    const sizes = shape as number[];
    const values = new Float32Array(tf.util.sizeFromShape(sizes));
    fill(values, settings, random, sizes);
    return tf.tensor(values, sizes);
  };
  return drawn;
}

/**
 * A layer's configuration with the initializers in it, inner layers' too, as TensorFlow.js takes them: to it a 0 is none, and it would draw
 * by its own default.
 *
 * @throws ZooError 'invalid-file' for a scale or deviation below 0, and for numbers that are infinite or none.
 */
export function drawableConfig(config: unknown, fileName: string): unknown {
  if (typeof config !== 'object' || config === null) return config;
  if (Array.isArray(config)) return config.map((each) => drawableConfig(each, fileName));
  const entries = Object.entries(config).map(([key, value]: [string, unknown]) =>
    key.endsWith('nitializer') && typeof value === 'object' && value !== null
      ? [key, drawableInitializer(value as ObjectSpec, fileName)]
      : [key, drawableConfig(value, fileName)],
  );
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function drawableInitializer({ className, config }: ObjectSpec, fileName: string): ObjectSpec {
  const entries = Object.entries(config).map(([name, value]) => {
    if (typeof value !== 'number') return [name, value];
    if (!Number.isFinite(value) || (value < 0 && /^(scale|stddev)$/.test(name)))
      throw invalidFile(fileName, `holds an initializer whose ${name} is ${describeValue(value)}`);
    // As a 32-bit float the smallest number is 0.
    return [name, value === 0 && /^(gain|maxval|minval|stddev)$/.test(name) ? Number.MIN_VALUE : value];
  });
  return { className, config: Object.fromEntries(entries) as Record<string, unknown> };
}
