import type * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

import { convolutionStep, planConvolutions } from './convolution-step';
import { isInput, layerGraph, type LayerCall, type LayerGraph } from './layer-graph';
import type { PredictionStep } from './prediction-step';

/** A step in its place: which of its inputs no later step reads, and what can be disposed after it. */
interface ScheduledStep extends PredictionStep {
  readonly isLastUse: readonly boolean[];
  readonly disposable: readonly number[];
}

/**
 * The order in which a model predicts, worked out once.
 *
 * `LayersModel.predict` works it out again from symbols, names and masks at each call, which takes longer than the layers of a small
 * network. A plan also does in one operation what the layers do in several: see {@link planConvolutions}.
 */
export class PredictionPlan {
  private readonly inputs: readonly number[];
  private readonly outputs: readonly number[];
  private readonly steps: readonly ScheduledStep[];

  private constructor(model: tfl.LayersModel, graph: LayerGraph) {
    this.inputs = model.inputs.map(({ id }) => id);
    this.outputs = model.outputs.map(({ id }) => id);
    this.steps = schedule(stepsOf(graph), new Set([...this.inputs, ...this.outputs]));
  }

  /** The plan of a model; undefined if layers may make masks, which go from layer to layer beside the tensors. */
  static of(model: tfl.LayersModel): PredictionPlan | undefined {
    return makesNoMask(model) ? new PredictionPlan(model, layerGraph(model)) : undefined;
  }

  /** The outputs for one batch, the caller's to dispose. To be called within `tf.tidy`, which frees what a failing layer leaves. */
  run(inputs: readonly tf.Tensor[]): tf.Tensor[] {
    const values = new Map(this.inputs.map((id, index) => [id, inputs[index]!]));
    for (const step of this.steps) {
      const given = step.inputs.map((id) => values.get(id)!);
      const made = step.run(given, step.isLastUse);
      // Some layers return what they are given, dropout in inference for one.
      step.outputs.forEach((id, index) => values.set(id, ownTensor(made[index]!, given)));
      for (const id of step.disposable) {
        values.get(id)!.dispose();
        values.delete(id);
      }
    }
    const returned: tf.Tensor[] = [];
    for (const id of this.outputs) returned.push(ownTensor(values.get(id)!, [...inputs, ...returned]));
    return returned;
  }
}

/** Layers that merge the masks they are given and make none. */
const MERGING_LAYERS = ['Add', 'Average', 'Concatenate', 'Maximum', 'Minimum', 'Multiply'];

function makesNoMask(layer: tfl.layers.Layer): boolean {
  if (layer instanceof tfl.LayersModel) return layer.layers.every(makesNoMask);
  // The method that all layers inherit passes its mask on.
  const [inherited, own] = [tfl.layers.Layer.prototype, layer].map(
    (it) => Reflect.get(it, 'computeMask') as unknown,
  );
  return own === inherited || MERGING_LAYERS.includes(layer.getClassName());
}

function ownTensor(tensor: tf.Tensor, others: readonly tf.Tensor[]): tf.Tensor {
  return others.includes(tensor) ? tensor.clone() : tensor;
}

function stepsOf(graph: LayerGraph): PredictionStep[] {
  const { convolutions, absorbed } = planConvolutions(graph);
  return graph.calls
    .filter((call) => !isInput(call) && !absorbed.has(call))
    .map((call) => {
      const convolution = convolutions.get(call);
      return convolution === undefined ? layerStep(call) : convolutionStep(convolution);
    });
}

/** A layer's call as TensorFlow.js makes it in `predict`. */
function layerStep({ outboundLayer: layer, inputTensors, outputTensors }: LayerCall): PredictionStep {
  return {
    inputs: inputTensors.map(({ id }) => id),
    outputs: outputTensors.map(({ id }) => id),
    run: (inputs) => [layer.apply([...inputs], { training: false }) as tf.Tensor | tf.Tensor[]].flat(),
  };
}

/** @param kept Tensors that no step may dispose: the caller's, and those that the plan returns. */
function schedule(steps: readonly PredictionStep[], kept: ReadonlySet<number>): ScheduledStep[] {
  const lastUses = new Map<number, PredictionStep>();
  for (const step of steps) for (const id of [...step.outputs, ...step.inputs]) lastUses.set(id, step);
  return steps.map((step) => {
    const isDisposable = (id: number): boolean => lastUses.get(id) === step && !kept.has(id);
    return {
      ...step,
      isLastUse: step.inputs.map(isDisposable),
      disposable: [...new Set([...step.inputs, ...step.outputs])].filter(isDisposable),
    };
  });
}
