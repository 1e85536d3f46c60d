import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

import { PredictionPlan } from './prediction-plan';

type PredictArguments = Parameters<tfl.LayersModel['predict']>[1];

const DEFAULT_BATCH_SIZE = 32;

/**
 * A model that predicts by a {@link PredictionPlan}; in everything else, saving too, it is a LayersModel.
 *
 * Where the plan does not hold, that is while a gradient is being recorded, or for inputs that are not of the model's shapes and
 * types, TensorFlow.js predicts, or says what is wrong.
 */
export class PlannedModel extends tfl.LayersModel {
  /** Null until the first prediction. */
  private plan: PredictionPlan | undefined | null = null;

  override predict(x: tf.Tensor | tf.Tensor[], args?: PredictArguments): tf.Tensor | tf.Tensor[] {
    const inputs = [x].flat();
    const { batchSize = DEFAULT_BATCH_SIZE, verbose = false } = args ?? {};
    const plan = this.planFor(inputs);
    if (plan === undefined || verbose || !(Number.isInteger(batchSize) && batchSize > 0)) {
      return super.predict(x, args);
    }
    const outputs = tf.tidy(() => predictInBatches(plan, inputs, batchSize));
    return outputs.length === 1 ? outputs[0]! : outputs;
  }

  /** Within another model. */
  override call(inputs: tf.Tensor | tf.Tensor[], kwargs?: Kwargs): tf.Tensor | tf.Tensor[] {
    const tensors = [inputs].flat();
    const isPlain = kwargs?.training !== true && kwargs?.mask == null;
    const plan = isPlain ? this.planFor(tensors) : undefined;
    return plan === undefined ? super.call(inputs, kwargs ?? {}) : tf.tidy(() => plan.run(tensors));
  }

  private planFor(inputs: readonly tf.Tensor[]): PredictionPlan | undefined {
    if (tf.engine().state.gradientDepth > 0 || !this.takes(inputs)) return undefined;
    if (this.plan === null) this.plan = PredictionPlan.of(this);
    return this.plan;
  }

  /** True if the inputs are tensors of the shapes and types of the model's, as many examples of each. */
  private takes(inputs: readonly tf.Tensor[]): boolean {
    return (
      inputs.length === this.inputs.length &&
      this.inputs.every(({ shape, dtype }, index) => {
        const input = inputs[index]!;
        return (
          input instanceof tf.Tensor &&
          input.dtype === dtype &&
          input.shape.length === shape.length &&
          input.shape[0] === inputs[0]!.shape[0] &&
          input.shape[0] !== 0 &&
          shape.every((length, axis) => length === null || length === input.shape[axis])
        );
      })
    );
  }
}

type Kwargs = Parameters<tfl.LayersModel['call']>[1];

function predictInBatches(
  plan: PredictionPlan,
  inputs: readonly tf.Tensor[],
  batchSize: number,
): tf.Tensor[] {
  const examples = inputs[0]!.shape[0];
  if (examples <= batchSize) return plan.run(inputs);
  const batches: tf.Tensor[][] = [];
  for (let first = 0; first < examples; first += batchSize) {
    const count = Math.min(batchSize, examples - first);
    batches.push(tf.tidy(() => plan.run(inputs.map((input) => tf.slice(input, first, count)))));
  }
  return batches[0]!.map((_, output) => tf.concat(batches.map((outputs) => outputs[output]!)));
}
