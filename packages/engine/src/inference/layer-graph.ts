import * as tfl from '@tensorflow/tfjs-layers';

/** One call of a layer, as TensorFlow.js keeps it; its type is not exported. */
export interface LayerCall {
  readonly outboundLayer: tfl.layers.Layer;
  readonly inputTensors: readonly tfl.SymbolicTensor[];
  readonly outputTensors: readonly tfl.SymbolicTensor[];
  readonly callArgs?: Readonly<Record<string, unknown>>;
}

/** The calls that a model is made of, and who reads what. */
export interface LayerGraph {
  /** In an order in which every call's inputs come before it. */
  readonly calls: readonly LayerCall[];
  /** The calls of each layer; a shared layer has several. */
  readonly callsOf: ReadonlyMap<tfl.layers.Layer, readonly LayerCall[]>;
  /** The calls that read a tensor. */
  readersOf(tensor: tfl.SymbolicTensor): readonly LayerCall[];
  /** The call that made a tensor. */
  makerOf(tensor: tfl.SymbolicTensor): LayerCall | undefined;
  /** True if the tensor is one of the model's outputs. */
  isOutput(tensor: tfl.SymbolicTensor): boolean;
}

/** The graph of a model, functional or sequential. Calls of its layers that belong to other models are left out. */
export function layerGraph(model: tfl.LayersModel): LayerGraph {
  const { nodesByDepth } = functional(model);
  const depths = Object.keys(nodesByDepth).map(Number);
  const calls = depths.sort((left, right) => right - left).flatMap((depth) => nodesByDepth[depth]!);
  const readers = new Map<number, LayerCall[]>();
  const makers = new Map<number, LayerCall>();
  const callsOf = new Map<tfl.layers.Layer, LayerCall[]>();
  for (const call of calls) {
    append(callsOf, call.outboundLayer, call);
    for (const tensor of call.outputTensors) makers.set(tensor.id, call);
    // An input layer's call names its own output as its input.
    if (isInput(call)) continue;
    for (const tensor of call.inputTensors) append(readers, tensor.id, call);
  }
  const outputs = new Set(model.outputs.map(({ id }) => id));
  return {
    calls,
    callsOf,
    readersOf: ({ id }) => readers.get(id) ?? [],
    makerOf: ({ id }) => makers.get(id),
    isOutput: ({ id }) => outputs.has(id),
  };
}

/** True for the call that stands for a model's input. */
export function isInput({ outboundLayer }: LayerCall): boolean {
  return outboundLayer.getClassName() === 'InputLayer';
}

interface Functional {
  readonly nodesByDepth: Readonly<Record<number, readonly LayerCall[]>>;
}

/** A sequential model keeps the functional one, which it builds when it is first used, in `model`. */
function functional(model: tfl.LayersModel): Functional {
  if (model instanceof tfl.Sequential && !model.built) model.build();
  const inner = (model as unknown as { model?: Functional }).model;
  return inner ?? model;
}

function append<Key>(map: Map<Key, LayerCall[]>, key: Key, call: LayerCall): void {
  const calls = map.get(key);
  if (calls === undefined) map.set(key, [call]);
  else calls.push(call);
}
