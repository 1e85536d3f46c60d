import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

import { memoize } from './memoize';
import { createRandom } from './random';
import { fillUniform } from './random-fill';

/** Arguments of {@link dropout}: those of `tf.layers.dropout`. */
export type DropoutArguments = Parameters<typeof tfl.layers.dropout>[0];

/**
 * A dropout layer whose seed gives a new mask at each step; it saves and loads as the stock `Dropout`.
 *
 * A seeded stock layer draws the same mask at each step. The n-th mask of this one is a function of seed, name and n;
 * {@link setDropoutStep} sets n, so that a resumed run continues with the masks of an unbroken one.
 */
export function dropout(args: DropoutArguments): tfl.layers.Layer {
  return new (dropoutClass())(args);
}

/** Makes the next training step's dropout masks, of all {@link dropout} layers of `model`, those of step `step` (from 0). */
export function setDropoutStep(model: tfl.LayersModel, step: number): void {
  for (const layer of model.layers) {
    if (STEP in layer) (layer as unknown as { [STEP]: number })[STEP] = step;
  }
}

const STEP = Symbol.for('@zoo/dropout-step');

interface StockDropout extends tfl.layers.Layer {
  readonly rate: number;
  readonly seed?: number;
  getNoiseShape(input: tf.Tensor): number[] | undefined;
}

const dropoutClass = /* @__PURE__ */ memoize((): new (args: DropoutArguments) => tfl.layers.Layer => {
  const Stock = tfl.layers.dropout({ rate: 0 }).constructor as new (args: DropoutArguments) => StockDropout;
  return class Dropout extends Stock {
    [STEP] = 0;

    override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor | tf.Tensor[] {
      const input = Array.isArray(inputs) ? inputs[0]! : inputs;
      const active = kwargs['training'] === true && this.rate > 0 && this.rate < 1;
      if (this.seed === undefined || !active) return super.call(inputs, kwargs);
      const random = createRandom(this.seed).fork('dropout', this.name, this[STEP]++);
      const shape = this.getNoiseShape(input) ?? input.shape;
      const draws = new Float32Array(tf.util.sizeFromShape(shape));
      fillUniform(draws, 1, random);
      // Draws are uniform over [-1, 1): a share `rate` of them lies below 2 * rate - 1.
      const mask = draws.map((draw) => (draw < 2 * this.rate - 1 ? 0 : 1 / (1 - this.rate)));
      return tf.tidy(() => tf.mul(input, tf.tensor(mask, shape)));
    }
  };
});
