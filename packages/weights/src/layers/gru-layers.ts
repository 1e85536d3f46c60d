import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { memoize } from '@zoo/core';

import { onlyShape, stockClass, type LayerClass, type LayerConfig } from './stock-class';

type Weight = Parameters<tfl.layers.Layer['addWeight']>;

interface GRUCell {
  readonly units: number;
  readonly useBias: boolean;
  readonly activation: { apply(x: tf.Tensor): tf.Tensor };
  readonly recurrentActivation: { apply(x: tf.Tensor): tf.Tensor };
  readonly kernelInitializer: Weight[3];
  readonly recurrentInitializer: Weight[3];
  readonly biasInitializer: Weight[3];
  readonly kernelRegularizer: Weight[4];
  readonly recurrentRegularizer: Weight[4];
  readonly biasRegularizer: Weight[4];
  readonly kernelConstraint: Weight[6];
  readonly recurrentConstraint: Weight[6];
  readonly biasConstraint: Weight[6];
  readonly dropout: number;
  readonly recurrentDropout: number;
  kernel: tfl.LayerVariable;
  recurrentKernel: tfl.LayerVariable;
  bias: tfl.LayerVariable | null;
  /** One sequence's mask, which the layer disposes before the next. */
  dropoutMask: tf.Tensor[] | null;
  recurrentDropoutMask: tf.Tensor[] | null;
}

/** The cell of a `GRU` that applies its reset gate after the product, Keras' default since version 2 (keras/src/layers/rnn/gru.py). */
export const zooGRUCell = memoize((): LayerClass => {
  return class ZooGRUCell extends stockClass<GRUCell>('GRUCell') {
    static className = 'ZooGRUCell';

    constructor(args: LayerConfig) {
      super({ ...args, resetAfter: false });
    }

    override build(inputShape: tfl.Shape | tfl.Shape[]): void {
      const { units, useBias } = this;
      const channels = onlyShape(inputShape).at(-1)!;
      const { kernelInitializer, kernelRegularizer, kernelConstraint } = this;
      const { recurrentInitializer, recurrentRegularizer, recurrentConstraint } = this;
      const { biasInitializer, biasRegularizer, biasConstraint } = this;
      const add = (name: string, shape: number[], ...rest: [Weight[3], Weight[4], Weight[6]]) =>
        this.addWeight(name, shape, 'float32', rest[0], rest[1], true, rest[2]);
      this.kernel = add(
        'kernel',
        [channels, 3 * units],
        kernelInitializer,
        kernelRegularizer,
        kernelConstraint,
      );
      this.recurrentKernel = add(
        'recurrent_kernel',
        [units, 3 * units],
        recurrentInitializer,
        recurrentRegularizer,
        recurrentConstraint,
      );
      // One for what is read, one for the state.
      this.bias = useBias
        ? add('bias', [2, 3 * units], biasInitializer, biasRegularizer, biasConstraint)
        : null;
      this.built = true;
    }

    override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor[] {
      return tf.tidy(() => {
        const [x, state] = inputs as [tf.Tensor2D, tf.Tensor2D];
        if (kwargs['training'] === true) {
          this.dropoutMask ??= maskOf(x, this.dropout);
          this.recurrentDropoutMask ??= maskOf(state, this.recurrentDropout);
        }
        const biases = this.bias === null ? [] : tf.unstack(this.bias.read());
        const [xz, xr, xh] = gates(masked(x, this.dropoutMask), this.kernel, biases[0]);
        const [sz, sr, sh] = gates(masked(state, this.recurrentDropoutMask), this.recurrentKernel, biases[1]);
        const z = this.recurrentActivation.apply(tf.add(xz, sz));
        const r = this.recurrentActivation.apply(tf.add(xr, sr));
        const candidate = this.activation.apply(tf.add(xh, tf.mul(r, sh)));
        const next = tf.add(tf.mul(z, state), tf.mul(tf.sub(1, z), candidate));
        return [next, next];
      });
    }

    override getConfig(): tf.serialization.ConfigDict {
      return { ...super.getConfig(), resetAfter: true };
    }
  };
});

/** A `GRU` of such cells. */
export const zooGRU = memoize((): LayerClass => {
  return class ZooGRU extends stockClass<{ cell: tfl.layers.Layer }>('GRU') {
    static className = 'ZooGRU';

    constructor(args: LayerConfig) {
      super({ ...args, resetAfter: false });
      this.cell = new (zooGRUCell())({ ...args, name: undefined });
    }
  };
});

/** What is read or remembered for the update gate, the reset gate and the candidate. */
function gates(
  x: tf.Tensor2D,
  kernel: tfl.LayerVariable,
  bias: tf.Tensor | undefined,
): [tf.Tensor, tf.Tensor, tf.Tensor] {
  const product = tf.matMul(x, kernel.read());
  const sum = bias === undefined ? product : tf.add(product, bias);
  return tf.split(sum, 3, 1) as [tf.Tensor, tf.Tensor, tf.Tensor];
}

function maskOf(x: tf.Tensor, rate: number): tf.Tensor[] | null {
  return rate > 0 && rate < 1 ? [tf.keep(tf.dropout(tf.onesLike(x), rate))] : null;
}

function masked(x: tf.Tensor2D, mask: tf.Tensor[] | null): tf.Tensor2D {
  return mask === null ? x : tf.mul(x, mask[0]!);
}
