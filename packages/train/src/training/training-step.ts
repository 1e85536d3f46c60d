import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError, freeingTape, type Batch } from '@zoo/core';
import type { HostTensor } from '@zoo/weights';

import { batchFormOf, expectBatch } from '../expect-batch';
import { readValues, type HostTensors } from '../host-tensors';
import { distilledLoss } from '../loss/distillation-loss';
import type { MetricSums } from '../metrics/running-metrics';
import { recomputedGradients, type RecomputedGradients } from '../recomputed-gradients';

import { clippedParameters, clipValues, scaleWithinNorm } from './clip-gradients';
import type { RunParts } from './run-parts';
import type { RunWeight } from './run-weights';

/** The parts of a run that a step needs. */
export type TrainingStepParts = Pick<
  RunParts,
  | 'model'
  | 'logits'
  | 'loss'
  | 'scoring'
  | 'weights'
  | 'parameters'
  | 'optimizerState'
  | 'clipping'
  | 'pieces'
> &
  Partial<Pick<RunParts, 'ranks' | 'sampleWeights' | 'distillation'>>;

/** One update at a time: gradients of one or more batches, then the optimizer. */
export interface TrainingStep {
  /** Runs a batch forward and backward and adds its gradients to those of this update. The batch is not disposed. */
  addBatch(batch: Batch): Promise<MetricSums>;
  /** Updates the weights by the mean gradient over all examples added since the last update. */
  update(request: UpdateRequest): Promise<void>;
  dispose(): void;
}

interface UpdateRequest {
  readonly learningRate: number;
  readonly step: number;
  /** Called before the weights change, with what copies the mean gradients to the host. */
  readonly onGradients?: ((read: () => Promise<HostTensors>) => Promise<void>) | undefined;
}

/** The zoo's own training step. The caller disposes it. */
export function createTrainingStep(parts: TrainingStepParts): TrainingStep {
  const { parameters, optimizerState, clipping, ranks } = parts;
  const differentiate = (batch: Batch): BatchGradients => batchGradients(parts, batch);
  const form = batchFormOf(parts.model);
  const clipped = clippedParameters(parameters, parts.weights);
  let gradients: (tf.Tensor | undefined)[] = [];
  let examples = 0;
  const clear = (): void => {
    tf.dispose(gradients.filter((gradient) => gradient !== undefined));
    gradients = [];
    examples = 0;
  };
  return {
    addBatch: async (batch) => {
      expectBatch(batch, form);
      const { sums, gradients: added } =
        ranks === undefined ? differentiate(batch) : ranks.differentiate(batch, differentiate);
      try {
        gradients = addGradients(gradients, added);
        // All at once where there are no other ranks: an update may be made before the engine has the sums.
        if (ranks === undefined) examples += batch.images.shape[0];
        const [loss = Number.NaN, correct = 0] = await sums.data<'float32'>();
        const own = { examples: batch.images.shape[0], loss, correct };
        if (ranks === undefined) return own;
        const all = await ranks.sumMetrics(own);
        examples += all.examples;
        return all;
      } finally {
        sums.dispose();
      }
    },
    update: async ({ learningRate, step, onGradients }) => {
      try {
        if (ranks !== undefined) {
          const summed = await ranks.sumGradients(gradients, examples);
          tf.dispose(gradients.filter((gradient) => gradient !== undefined));
          gradients = summed;
        }
        await onGradients?.(() => meanGradients(parameters, gradients, examples));
        const scale = await scaleWithinNorm(gradients, 1 / examples, clipping);
        tf.tidy(() => {
          const bounded = clipValues(gradients, scale, clipping, clipped);
          optimizerState.update(bounded.gradients, { learningRate, step, gradientScale: bounded.scale });
          applyConstraints(parameters);
        });
      } finally {
        clear();
      }
    },
    dispose: clear,
  };
}

interface BatchGradients {
  /** The sum of losses and the number of correct examples. [2] */
  sums: tf.Tensor1D;
  /** Gradients of the summed loss. */
  gradients: (tf.Tensor | undefined)[];
}

function batchGradients(
  { model, logits, loss, scoring, sampleWeights, distillation, parameters, pieces, ranks }: TrainingStepParts,
  batch: Batch,
): BatchGradients {
  const weights = sampleWeights && exampleWeights(batch, sampleWeights);
  const kept: tf.Tensor[] = [];
  // Layers may be frozen for some epochs.
  const variables = parameters.map(({ variable }) => variable).filter(({ trainable }) => trainable);
  const lossOf = (outputs: tf.Tensor2D): tf.Scalar => {
    kept.push(tf.keep(scoring.countCorrect(outputs, batch.labels)));
    const ofLabels = loss(outputs, batch.labels);
    const losses =
      distillation === undefined || taught === undefined
        ? ofLabels
        : distilledLoss(ofLabels, outputs, taught, distillation);
    const weighted = weights === undefined ? losses : tf.mul(losses, tf.tensor1d(weights));
    // Sums rather than means, so that an update over several batches is exact for a smaller last batch, too.
    return addRegularization(model, tf.sum(weighted), batch.images.shape[0]);
  };
  const taught = distillation && tf.tidy(() => distillation.logits(batch.images, false));
  try {
    return tf.tidy(() => {
      const { value, gradients } =
        pieces === undefined
          ? gradientsOf(() => {
              const value = lossOf(logits(batch.images, true));
              // All weights, also frozen ones, because the exchange identifies them by their position.
              ranks?.watch(
                value,
                parameters.map(({ variable }) => variable),
              );
              return value;
            }, variables)
          : recomputedGradients(model, pieces, batch.images, variables, (outputs) =>
              lossOf(outputs as tf.Tensor2D),
            );
      return {
        sums: tf.stack([value, kept[0]!]) as tf.Tensor1D,
        gradients: parameters.map(({ variable }) => gradients[variables.indexOf(variable)]),
      };
    });
  } finally {
    tf.dispose(kept);
    taught?.dispose();
  }
}

function gradientsOf(f: () => tf.Scalar, variables: tf.Variable[]): RecomputedGradients {
  const { value, grads } = freeingTape(() => tf.variableGrads(f, variables));
  return {
    value,
    gradients: variables.map(({ name }) => (grads[name] as tf.Tensor | null | undefined) ?? undefined),
  };
}

/** The weights of a batch's examples; throws where one has none. */
function exampleWeights({ images, sources }: Batch, weights: ReadonlyMap<string, number>): Float32Array {
  return Float32Array.from({ length: images.shape[0] }, (_, index) => {
    const source = sources[index];
    // A rank without examples runs the step on a picture of weight zero.
    if (source === undefined) return 0;
    const weight = weights.get(source);
    if (weight !== undefined) return weight;
    throw new ArgumentError(
      'options.sampleWeights',
      `a weight for '${source}'`,
      undefined,
      'Give every example one.',
    );
  });
}

/** The loss with the layers' own regularization, which Keras adds to a batch's mean. */
function addRegularization(model: tfl.LayersModel, loss: tf.Scalar, examples: number): tf.Scalar {
  const penalties = model.calculateLosses();
  return penalties.reduce<tf.Scalar>((sum, penalty) => tf.add(sum, tf.mul(penalty, examples)), loss);
}

/** Element by element sums; consumes both lists. */
function addGradients(
  sums: (tf.Tensor | undefined)[],
  added: (tf.Tensor | undefined)[],
): (tf.Tensor | undefined)[] {
  if (sums.length === 0) return added;
  return sums.map((sum, index) => {
    const gradient = added[index];
    if (sum === undefined || gradient === undefined) return sum ?? gradient;
    const total = tf.add(sum, gradient);
    tf.dispose([sum, gradient]);
    return total;
  });
}

/** Copies of the gradients over all examples, by weight name; of the weights that have one. */
async function meanGradients(
  parameters: readonly RunWeight[],
  gradients: readonly (tf.Tensor | undefined)[],
  examples: number,
): Promise<HostTensors> {
  const means = new Map<string, HostTensor>();
  for (const [index, { name }] of parameters.entries()) {
    const gradient = gradients[index];
    if (gradient === undefined) continue;
    const { shape, values } = await readValues(gradient);
    means.set(name, { shape, values: values.map((sum) => sum / examples) });
  }
  return means;
}

function applyConstraints(parameters: readonly RunWeight[]): void {
  for (const { variable, constraint } of parameters) {
    if (constraint !== undefined) variable.assign(constraint.apply(variable));
  }
}
