import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError, ZooError } from '@zoo/core';

import { walkCalls } from '../model/walk-calls';

import { ActivationHistogram } from './activation-histogram';

/** Batches of a model's inputs, one tensor for each input; whoever receives one disposes it. */
export type CalibrationBatches =
  AsyncIterable<tf.Tensor | readonly tf.Tensor[]> | Iterable<tf.Tensor | readonly tf.Tensor[]>;

/** What was seen of a model's activations. */
export interface ObservedActivations {
  /** By the place of the input. */
  readonly inputs: readonly ActivationHistogram[];
  /** By the index of the call, as `walkCalls` counts them, whose output they are. */
  readonly calls: ReadonlyMap<number, ActivationHistogram>;
}

/**
 * Runs `model` over `batches` and counts how often its activations lie where. The batches are disposed; of a model's activations only those are
 * in memory that are still to be read.
 *
 * @param wantsCall Whether a call's output is to be observed.
 * @throws ArgumentError for no batch, or one that does not fit the model's inputs; ZooError 'not-finite' for a batch with, or that leads to,
 *   numbers that are not finite: it names the layer.
 */
export async function observeActivations(
  model: tfl.LayersModel,
  batches: CalibrationBatches,
  wantsCall: (index: number) => boolean,
): Promise<ObservedActivations> {
  const inputs = model.inputs.map(() => new ActivationHistogram());
  const calls = new Map<number, ActivationHistogram>();
  let count = 0;
  for await (const given of batches) {
    const tensors = [given].flat() as tf.Tensor[];
    try {
      expectInputs(model, tensors);
      const place = `batch ${count + 1}`;
      for (const [i, tensor] of tensors.entries())
        await observe(inputs[i]!, tensor, `${place} of \`calibration\``);
      await observeCalls(model, tensors, calls, { place, wantsCall });
    } finally {
      tf.dispose(tensors);
    }
    count++;
  }
  if (count === 0)
    throw new ArgumentError(
      'options.calibration',
      'at least one batch of pictures',
      0,
      'Give some of the pictures that the model is for.',
    );
  return { inputs, calls };
}

async function observeCalls(
  model: tfl.LayersModel,
  batch: readonly tf.Tensor[],
  calls: Map<number, ActivationHistogram>,
  { place, wantsCall }: { readonly place: string; readonly wantsCall: (index: number) => boolean },
): Promise<void> {
  const outputs = await walkCalls<tf.Tensor>(
    model,
    batch.map((tensor) => tensor.clone()),
    {
      async visit({ layer, index }, values) {
        const results = tf.tidy(() => {
          const result = layer.apply(values.length === 1 ? values[0]! : [...values], { training: false });
          return ([result].flat() as tf.Tensor[]).map((tensor) => tensor.clone());
        });
        if (!wantsCall(index)) return results;
        const histogram = calls.get(index) ?? new ActivationHistogram();
        calls.set(index, histogram);
        try {
          await observe(histogram, results[0]!, `layer ${layer.name} at ${place} of \`calibration\``);
        } catch (error) {
          tf.dispose(results);
          throw error;
        }
        return results;
      },
      copy: (tensor) => tensor.clone(),
      free: (tensor) => tensor.dispose(),
    },
  );
  tf.dispose(outputs);
}

async function observe(histogram: ActivationHistogram, tensor: tf.Tensor, place: string): Promise<void> {
  if (histogram.add(await tensor.data())) return;
  throw new ZooError(
    'not-finite',
    `Expected finite numbers to calibrate with but found others in ${place}. Look for damaged pictures or weights.`,
  );
}

function expectInputs(model: tfl.LayersModel, tensors: readonly tf.Tensor[]): void {
  const shapes = model.inputs.map(({ shape }) => shape);
  const fits =
    tensors.length === shapes.length &&
    tensors.every(({ shape, size }, i) => {
      const expected = shapes[i]!;
      const isShape =
        shape.length === expected.length &&
        expected.every((each, axis) => each === null || each === shape[axis]);
      return isShape && size > 0;
    });
  if (fits) return;
  const inWords = (each: readonly (readonly (number | null)[])[]) =>
    each.map((shape) => `[${shape.map((axis) => axis ?? 'any').join(', ')}]`).join(' and ') || 'none';
  throw new ArgumentError(
    'options.calibration',
    `batches of the shape ${inWords(shapes)}`,
    inWords(tensors.map(({ shape }) => shape)),
  );
}
