import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { freeingTape, setDropoutStep } from '@zoo/core';

import type { ModelPiece } from './model-pieces';

/** What {@link recomputedGradients} gives: all of it the caller's. */
export interface RecomputedGradients {
  readonly value: tf.Scalar;
  /** In the order of the variables; undefined where the value does not depend on one. */
  readonly gradients: (tf.Tensor | undefined)[];
}

/**
 * The gradients of `loss` of the last piece's output, in the memory of one piece: the first forward pass keeps what goes from piece to
 * piece alone, and each piece is run again when its turn comes in the backward pass.
 *
 * Values are those of one run: every piece computes the same twice. Averages that layers move in training move once.
 *
 * Source: Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost".
 *
 * @param loss The value to differentiate; may depend on any of `variables` besides its argument.
 */
export function recomputedGradients(
  model: tfl.LayersModel,
  pieces: readonly ModelPiece[],
  images: tf.Tensor,
  variables: readonly tf.Variable[],
  loss: (outputs: tf.Tensor) => tf.Scalar,
): RecomputedGradients {
  return tf.tidy(() => {
    const inputs = runForward(model, pieces, images);
    const sums = new Map<tf.Variable, tf.Tensor>();
    const last = pieces.at(-1)!;
    const { value, grads } = differentiate(
      () => loss(last.run(inputs.at(-1)!)),
      inputs.at(-1)!,
      variables,
      sums,
    );
    let gradient = grads;
    for (let i = pieces.length - 2; i >= 0 && gradient !== undefined; i--) {
      if (inputs[i + 1] !== images) inputs[i + 1]!.dispose();
      const own = new Set<unknown>(pieces[i]!.weights.map((weight) => weight.read()));
      const from = gradient;
      const before = inputs[i]!;
      const part = differentiate(
        () => pieces[i]!.run(before),
        before,
        variables.filter((each) => own.has(each)),
        sums,
        from,
      );
      part.value.dispose();
      from.dispose();
      gradient = part.grads;
    }
    gradient?.dispose();
    return { value: value as tf.Scalar, gradients: variables.map((variable) => sums.get(variable)) };
  });
}

/** What each piece reads; weights that are not trained are afterwards as they were, and dropout draws the same again. */
function runForward(model: tfl.LayersModel, pieces: readonly ModelPiece[], images: tf.Tensor): tf.Tensor[] {
  const inputs = [images];
  for (const { run, weights } of pieces.slice(0, -1)) {
    const moved = weights.filter(({ trainable }) => !trainable);
    // Copies: a clone would share the memory that a fused kernel updates in place.
    const before = moved.map((weight) => tf.add(weight.read(), 0));
    const input = inputs.at(-1)!;
    inputs.push(tf.tidy(() => run(input)));
    moved.forEach((weight, i) => weight.write(before[i]!));
    tf.dispose(before);
  }
  restartDropout(model);
  return inputs;
}

function restartDropout(model: tfl.LayersModel): void {
  setDropoutStep(model, 0);
  for (const layer of model.layers)
    if ('layers' in layer) restartDropout(layer as unknown as tfl.LayersModel);
}

/** One run on tape: adds the gradients of `variables` to `sums`, and gives that of `input`. */
function differentiate(
  f: () => tf.Tensor,
  input: tf.Tensor,
  variables: readonly tf.Variable[],
  sums: Map<tf.Variable, tf.Tensor>,
  outputGradient?: tf.Tensor,
): { value: tf.Tensor; grads: tf.Tensor | undefined } {
  const { value, grads } = freeingTape(() =>
    tf.engine().gradients(f, [input, ...variables], outputGradient, true),
  );
  const [inputGradient, ...rest] = grads as (tf.Tensor | undefined)[];
  variables.forEach((variable, i) => {
    const added = rest[i];
    if (added === undefined) return;
    const sum = sums.get(variable);
    sums.set(variable, sum === undefined ? added : tf.add(sum, added));
    if (sum !== undefined) tf.dispose([sum, added]);
  });
  return { value, grads: inputGradient };
}
