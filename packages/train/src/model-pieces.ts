import type * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { ZooError } from '@zoo/core';

import { lastLayerLogits } from './logits';

/** A part of a model through whose ends one tensor goes in and one comes out. */
export interface ModelPiece {
  /** Runs the part's layers in training mode; what lies between stays in the caller's tidy. */
  readonly run: (input: tf.Tensor) => tf.Tensor;
  /** All weights of the part's layers. */
  readonly weights: readonly tfl.LayerVariable[];
}

/** One call of a layer, as the model's graph has it. */
interface Step {
  readonly layer: tfl.layers.Layer;
  readonly inputs: readonly tfl.SymbolicTensor[];
  readonly output: tfl.SymbolicTensor;
}

/**
 * `model` in about as many parts as the root of the number of places where it can be cut, of like memory each; the last gives the logits.
 *
 * It can be cut behind a layer if all that follows reads that layer's output and nothing before: between residual blocks, for example.
 *
 * @throws ZooError 'unsupported' if a layer is called twice, or has several outputs.
 */
export function modelPieces(model: tfl.LayersModel): ModelPiece[] {
  const steps = stepsOf(model);
  const cuts = cutsOf(model, steps);
  const sizes = steps.map(({ output }) => output.shape.reduce<number>((size, side) => size * (side ?? 1), 1));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const enough = total / Math.ceil(Math.sqrt(cuts.size + 1));
  const pieces: ModelPiece[] = [];
  let first = 0;
  let size = 0;
  steps.forEach((_, i) => {
    size += sizes[i]!;
    const isLast = i === steps.length - 1;
    if (!isLast && (size < enough || !cuts.has(i))) return;
    const input = first === 0 ? model.inputs[0]! : steps[first - 1]!.output;
    pieces.push(piece(input, steps.slice(first, i + 1), isLast));
    first = i + 1;
    size = 0;
  });
  return pieces;
}

function stepsOf(model: tfl.LayersModel): Step[] {
  const layers = model.layers.filter((layer) => layer.getClassName() !== 'InputLayer');
  return layers.map((layer) => {
    const calls = layer.inboundNodes.filter((_, i) => model.containerNodes.has(`${layer.name}_ib-${i}`));
    const [call] = calls;
    if (call === undefined || calls.length > 1 || call.outputTensors.length !== 1) {
      throw new ZooError(
        'unsupported',
        `Expected layers that are called once and have one output but '${layer.name}' of '${model.name}' is not. Train it without \`recomputeActivations\`.`,
      );
    }
    return { layer, inputs: call.inputTensors, output: call.outputTensors[0]! };
  });
}

/** The steps behind which nothing reads what came before them. */
function cutsOf(model: tfl.LayersModel, steps: readonly Step[]): Set<number> {
  const lastReader = new Map<number, number>();
  steps.forEach(({ inputs }, i) => inputs.forEach(({ id }) => lastReader.set(id, i)));
  const cuts = new Set<number>();
  let reach = lastReader.get(model.inputs[0]!.id) ?? 0;
  steps.slice(0, -1).forEach(({ output }, i) => {
    if (reach <= i) cuts.add(i);
    reach = Math.max(reach, lastReader.get(output.id) ?? i);
  });
  return cuts;
}

function piece(input: tfl.SymbolicTensor, steps: readonly Step[], isLast: boolean): ModelPiece {
  const apply = ({ layer }: Step, index: number): ((inputs: tf.Tensor[]) => tf.Tensor) => {
    if (isLast && index === steps.length - 1) {
      const logits = lastLayerLogits(layer);
      return ([only]) => logits(only!, true);
    }
    return (inputs) =>
      layer.apply(inputs.length === 1 ? inputs[0]! : inputs, { training: true }) as tf.Tensor;
  };
  const functions = steps.map(apply);
  return {
    weights: steps.flatMap(({ layer }) => layer.weights),
    run: (value) => {
      const values = new Map([[input.id, value]]);
      steps.forEach(({ inputs, output }, i) => {
        values.set(output.id, functions[i]!(inputs.map(({ id }) => values.get(id)!)));
      });
      return values.get(steps.at(-1)!.output.id)!;
    },
  };
}
