import type * as tfl from '@tensorflow/tfjs-layers';
import {
  ArgumentError,
  expectInteger,
  expectOneOf,
  type AnyRow,
  type OptionsOf,
  type OptionTable,
} from '@zoo/core/options';

import type { DatasetContent } from '../hdf5/write-hdf5';
import { modelWeights, type ModelWeight } from '../model/model-layers';
import { bytesOf, elementCount } from '../tensor-data';

import { KERAS_OPTIMIZERS, liesSlotBySlot, slotNames, type KerasOptimizer } from './keras-optimizer';

/** {@link KerasTrainingOptions}, as data. */
export const KERAS_TRAINING_OPTIONS = {
  /** The optimizer with its state; Keras goes on where it was. Default: none, and Keras wants the model compiled. */
  optimizer: {
    type: 'any',
    expected: 'an optimizer with its state, as `loadKerasOptimizer` gives it',
  } as AnyRow<KerasOptimizer>,
} as const satisfies OptionTable;

/** What every Keras file of a model that goes on training takes. */
export interface KerasTrainingOptions extends OptionsOf<typeof KERAS_TRAINING_OPTIONS> {}

/** {@link KerasCompileOptions}, as data. */
export const KERAS_COMPILE_OPTIONS = {
  ...KERAS_TRAINING_OPTIONS,
  /** Keras' name of the loss that `optimizer` minimizes. Default: 'categorical_crossentropy', which is what `@zoo/train` does. */
  loss: { type: 'text', default: 'categorical_crossentropy' },
} as const satisfies OptionTable;

/** What a Keras file with an architecture takes, too. */
export interface KerasCompileOptions extends OptionsOf<typeof KERAS_COMPILE_OPTIONS> {}

/** What a model is compiled with beside its optimizer. */
export function compileConfig({ loss = KERAS_COMPILE_OPTIONS.loss.default }: KerasCompileOptions) {
  return { loss, loss_weights: null, metrics: null, weighted_metrics: null };
}

/** A variable of an optimizer, ready to be written. */
export interface OptimizerVariable {
  readonly name: string;
  readonly content: DatasetContent;
}

/** What Keras calls the slots. */
const KERAS_SLOTS: Readonly<Record<string, string>> = {
  velocityHat: 'velocity_hat',
  averageGradient: 'average_gradient',
};

/**
 * All variables of `optimizer` in the order in which Keras 2.11 and later list them.
 *
 * @throws ArgumentError if the state is not that of the model's trainable weights.
 */
export function optimizerVariables(model: tfl.LayersModel, optimizer: KerasOptimizer): OptimizerVariable[] {
  const { className, learningRate, iterations, slots } = optimizer;
  expectOneOf('options.optimizer.className', className, KERAS_OPTIMIZERS);
  if (optimizer.settings.legacyEpsilon === true) {
    throw new ArgumentError(
      'options.optimizer.settings.legacyEpsilon',
      'a rule that Keras 3 has',
      true,
      'Its RMSprop adds epsilon within the root: go on with that, by legacyEpsilon: false, or leave the optimizer out.',
    );
  }
  expectInteger('options.optimizer.iterations', iterations, { minimum: 0 });
  const prefix = className.toLowerCase();
  const scalars = [
    { name: `${prefix}/iteration`, content: dataset([], 'int64', BigInt64Array.of(BigInt(iterations))) },
  ];
  if (typeof learningRate === 'number') {
    const content = dataset([], 'float32', Float32Array.of(learningRate));
    scalars.push({ name: `${prefix}/learning_rate`, content });
  }
  const trainable = new Set(model.trainableWeights);
  const weights = modelWeights(model).filter(({ variable }) => trainable.has(variable));
  const names = slotNames(optimizer);
  const variableOf = (slot: string, { name, variable }: ModelWeight): OptimizerVariable => ({
    name: `${prefix}/${name}_${KERAS_SLOTS[slot] ?? slot}`,
    content: slotDataset(optimizer, `${slot}/${name}`, variable.shape as number[]),
  });
  const state = liesSlotBySlot(optimizer)
    ? names.flatMap((slot) => weights.map((weight) => variableOf(slot, weight)))
    : weights.flatMap((weight) => names.map((slot) => variableOf(slot, weight)));
  if (slots.size !== 0 && slots.size !== state.length) {
    throw new ArgumentError(
      'options.optimizer.slots',
      `${state.length} values, ${names.length} for each trainable weight of '${model.name}',`,
      slots.size,
    );
  }
  return [...scalars, ...state];
}

function slotDataset({ slots }: KerasOptimizer, key: string, shape: readonly number[]): DatasetContent {
  const values = slots.size === 0 ? new Float32Array(elementCount(shape)) : slots.get(key)?.values;
  const given = slots.get(key)?.shape ?? shape;
  if (values === undefined || given.join() !== shape.join() || values.length !== elementCount(shape)) {
    throw new ArgumentError(
      `options.optimizer.slots.get('${key}')`,
      `${elementCount(shape)} values of shape [${shape.join(', ')}]`,
      values === undefined ? undefined : `${values.length} of shape [${given.join(', ')}]`,
    );
  }
  return dataset(shape, 'float32', values);
}

function dataset(
  shape: readonly number[],
  type: 'float32' | 'int64',
  values: Float32Array | BigInt64Array,
): DatasetContent {
  return { kind: 'dataset', shape, type, bytes: () => Promise.resolve(bytesOf(values)) };
}
