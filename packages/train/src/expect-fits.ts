import type * as tf from '@tensorflow/tfjs';
import { ArgumentError, type BatchSource } from '@zoo/core';

/** Throws ArgumentError unless `source` has the pictures that `model` reads and the classes that it tells apart. */
export function expectFits(model: tf.LayersModel, argument: string, source: BatchSource): void {
  const classes = model.outputs[0]!.shape[1];
  if (source.classNames.length !== classes) {
    throw new ArgumentError(
      `${argument}.classNames`,
      `the ${String(classes)} classes of '${model.name}'`,
      source.classNames,
      `Build the model with classes: ${source.classNames.length}.`,
    );
  }
  const shape = model.inputs[0]!.shape.slice(1);
  const fits =
    shape.length === 3 && shape.every((size, axis) => size === null || size === source.imageShape[axis]);
  if (!fits) {
    throw new ArgumentError(
      `${argument}.imageShape`,
      `[${shape.map((size) => size ?? 'any').join(', ')}], the pictures that '${model.name}' reads,`,
      source.imageShape,
    );
  }
}
