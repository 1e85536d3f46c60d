import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { ZooError, type Batch } from '@zoo/core';

import type { TrainingRun } from '../callbacks/callback';
import type { HostTensors } from '../host-tensors';

import { runWeights } from './run-weights';

/** Where in a run a loss was measured. */
interface StepWithLoss {
  readonly loss: number;
  /** From 1. */
  readonly step: number;
  /** From 0. */
  readonly epoch: number;
  readonly learningRate: number;
}

/**
 * The error for a step whose loss is not a finite number.
 *
 * It names the step, the learning rate and the first layer whose values are not finite: the model runs forward once more on
 * the step's batch, which is as much memory as the step itself took.
 */
export async function notFiniteLoss(
  model: tfl.LayersModel,
  batch: Batch,
  { loss, step, epoch, learningRate }: StepWithLoss,
): Promise<ZooError> {
  const place = await firstNotFinite(model, batch);
  return new ZooError(
    'not-finite',
    `The loss of step ${step}, in epoch ${epoch + 1}, is ${loss} at a learning rate of ${learningRate}. ` +
      `The first values that are not finite are ${place}. ${ADVICE}`,
  );
}

/**
 * Throws unless every weight of the model is finite: an update may break a weight while the loss before it was still a number.
 *
 * @throws ZooError `not-finite` that names the first such weight.
 */
export async function expectFiniteWeights(run: TrainingRun): Promise<void> {
  const weights = runWeights(run.model).filter(({ variable }) => variable.dtype === 'float32');
  const index = await firstNotFiniteOf(weights.map(({ variable }) => variable));
  if (index !== -1) throw notFiniteWeight(run, weights[index]!.name);
}

/** As {@link expectFiniteWeights}, for weights that are on the host already: a checkpoint is not written over with such. */
export function expectFiniteValues(run: TrainingRun, weights: HostTensors): void {
  for (const [name, { values }] of weights) {
    if (!values.every(Number.isFinite)) throw notFiniteWeight(run, name);
  }
}

function notFiniteWeight(run: TrainingRun, name: string): ZooError {
  return new ZooError(
    'not-finite',
    `After step ${run.step}, at a learning rate of ${run.learningRate}, the weight '${name}' holds values that are not finite. ${ADVICE}`,
  );
}

const ADVICE = 'Lower the learning rate, warm it up or clip gradients.';

async function firstNotFinite(model: tfl.LayersModel, { images, labels, sources }: Batch): Promise<string> {
  const inputs = [images, labels];
  const bad = await firstNotFiniteOf(inputs);
  if (bad !== -1) {
    return `the ${bad === 0 ? 'pixels' : 'labels'} of the batch itself, which holds ${sources.slice(0, 3).join(', ')}${sources.length > 3 ? ', ...' : ''}`;
  }
  const outputs = layerOutputs(model);
  const probe = tfl.model({ inputs: model.inputs, outputs, name: `${model.name}_probe` });
  // It owns nothing and needs no disposal. In training mode, as in the step.
  const values = tf.tidy(() => asList(probe.apply(images, { training: true })));
  try {
    const layer = outputs[await firstNotFiniteOf(values)]?.sourceLayer;
    if (layer === undefined) return 'in the loss itself';
    const weights = layer.weights.map((weight) => weight.read());
    const weight = layer.weights[await firstNotFiniteOf(weights)];
    return weight === undefined
      ? `the output of layer '${layer.name}' (${layer.getClassName()})`
      : `the weight '${weight.originalName}' of layer '${layer.name}' (${layer.getClassName()})`;
  } finally {
    tf.dispose(values);
  }
}

/** The output of every layer but the inputs, in the order in which they are computed. */
function layerOutputs(model: tfl.LayersModel): tfl.SymbolicTensor[] {
  const depths = Object.keys(model.nodesByDepth).map(Number);
  return depths
    .sort((left, right) => right - left)
    .flatMap((depth) => model.nodesByDepth[depth]!)
    .filter(({ outboundLayer }) => outboundLayer.getClassName() !== 'InputLayer')
    .map(({ outputTensors }) => outputTensors[0]!);
}

/** Index of the first tensor that holds an infinity or NaN, or -1; one number a tensor is read. */
async function firstNotFiniteOf(tensors: readonly tf.Tensor[]): Promise<number> {
  if (tensors.length === 0) return -1;
  // Zero times anything finite is zero, times anything else it is NaN.
  const sums = tf.tidy(() =>
    tf.stack(tensors.map((tensor) => tf.sum(tf.mul(tf.cast(tensor, 'float32'), 0)))),
  );
  try {
    const values = await sums.data();
    return values.findIndex((value) => Number.isNaN(value));
  } finally {
    sums.dispose();
  }
}

function asList(outputs: unknown): tf.Tensor[] {
  return (Array.isArray(outputs) ? outputs : [outputs]) as tf.Tensor[];
}
