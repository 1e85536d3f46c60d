import type * as tfl from '@tensorflow/tfjs-layers';

import { isContainer } from './model-layers';

/** What of a model is walked through: a model, or one that is a layer of another. */
export type WalkedModel = Pick<tfl.LayersModel, 'layers' | 'inputs' | 'outputs'>;

/** One call of a layer that is no model itself. */
export interface WalkedCall {
  readonly layer: tfl.layers.Layer;
  readonly node: tfl.layers.Layer['inboundNodes'][number];
  /** The model whose layer it is. */
  readonly model: WalkedModel;
  /** How many calls have been before, those of nested models included: the same whenever a model is walked through. */
  readonly index: number;
}

/** Walks through the calls of a model: see {@link walkCalls}. */
export interface CallWalk<Value> {
  /** The outputs of a call. */
  visit(call: WalkedCall, inputs: readonly Value[]): Promise<readonly Value[]>;
  /** A value that is freed by itself; for values that are freed. */
  readonly copy?: (value: Value) => Value;
  /** Called with every value but the outputs, once no call is left that needs it. */
  readonly free?: (value: Value) => void;
}

/**
 * Visits each call of a layer, inputs first, with the values that its inputs have come out as; nested models are gone through in their place.
 * `inputs` belong to the walk, the outputs to the caller.
 */
export async function walkCalls<Value>(
  model: WalkedModel,
  inputs: readonly Value[],
  walk: CallWalk<Value>,
): Promise<Value[]> {
  let index = 0;
  const visitNext = (call: Omit<WalkedCall, 'index'>, values: readonly Value[]) =>
    walk.visit({ ...call, index: index++ }, values);
  return walkModel(model, inputs, { ...walk, visit: visitNext });
}

interface InnerWalk<Value> extends Omit<CallWalk<Value>, 'visit'> {
  visit(call: Omit<WalkedCall, 'index'>, inputs: readonly Value[]): Promise<readonly Value[]>;
}

/** `layers` is in the order of calls but for shared layers, which wait for their turn. */
async function walkModel<Value>(
  model: WalkedModel,
  inputs: readonly Value[],
  walk: InnerWalk<Value>,
): Promise<Value[]> {
  const { copy = (value: Value): Value => value, free = () => undefined } = walk;
  const values = new Map<number, Value>(model.inputs.map((input, i) => [input.id, inputs[i]!]));
  let pending = model.layers.flatMap((layer) => layer.inboundNodes.map((node) => ({ layer, node })));
  const uses = new Map<number, number>();
  const count = (id: number, by: number) => uses.set(id, (uses.get(id) ?? 0) + by).get(id)!;
  for (const { node } of pending) for (const { id } of node.inputTensors) count(id, 1);
  for (const { id } of model.outputs) count(id, 1);
  try {
    while (pending.length > 0) {
      const waiting: typeof pending = [];
      for (const call of pending) {
        const { layer, node } = call;
        if (node.outputTensors.every(({ id }) => values.has(id))) continue;
        if (node.inputTensors.length === 0 || !node.inputTensors.every(({ id }) => values.has(id))) {
          waiting.push(call);
          continue;
        }
        const given = node.inputTensors.map(({ id }) => values.get(id)!);
        const outputs = isContainer(layer)
          ? await walkModel(layer as unknown as WalkedModel, given.map(copy), walk)
          : await walk.visit({ layer, node, model }, given);
        node.outputTensors.forEach(({ id }, i) => values.set(id, outputs[i]!));
        for (const { id } of node.inputTensors) {
          if (count(id, -1) > 0) continue;
          free(values.get(id)!);
          values.delete(id);
        }
      }
      // What is left belongs to other models that share these layers.
      if (waiting.length === pending.length) break;
      pending = waiting;
    }
    return model.outputs.map(({ id }) => copy(values.get(id)!));
  } finally {
    for (const value of values.values()) free(value);
  }
}
