import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { type AddWeight, batchNormalization, expectEngine, isZooError, withAddWeight } from '@zoo/core';

import { layerConstructor } from '../layers/stock-class';
import { invalidFile } from '../source/byte-source';

import type { LayerSpec, ModelSpec, NodeSpec, TensorSpec } from './model-spec';
import type { ObjectSpec } from './parse-objects';
import { storedInitializer } from './stored-initializer';
import type { WeightBudget } from './weight-budget';

/** What building needs besides the architecture. */
export interface BuildContext {
  readonly fileName: string;
  /** How many weights there may be; no memory is taken for more. */
  readonly budget: WeightBudget;
  /** True to draw the weights as the architecture says. Default false: zeros, which a file fills. */
  readonly draws?: boolean;
}

type Layer = tfl.layers.Layer;

/**
 * Builds a model whose weights are zeros, or drawn; batch norms are core's, which train rightly and save as stock ones.
 *
 * @throws ZooError 'engine-unavailable' before an engine is started, 'invalid-file' if the architecture is unsound; whatever was built before is disposed.
 */
export function buildModel(spec: ModelSpec, context: BuildContext): tfl.LayersModel {
  const layers: Layer[] = [];
  const models: tfl.LayersModel[] = [];
  expectEngine();
  try {
    // TensorFlow.js' LSTM leaves what its first bias is made of behind.
    withAddWeight(
      (own) => countedWeights(own, context),
      () => tf.tidy(() => void models.push(buildContainer(spec, context, layers))),
    );
    return models[0]!;
  } catch (error) {
    for (const weight of new Set(layers.flatMap((layer) => layer.weights))) weight.dispose();
    if (isZooError(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw invalidFile(context.fileName, `describes a model that can't be built: ${reason}`, '', error);
  }
}

/** Makes weights that the budget has room for: as the layer draws them, or zeros. */
function countedWeights(own: AddWeight, { budget, draws = false }: BuildContext): AddWeight {
  const zeros = tfl.initializers.zeros();
  return function (name, shape, dtype, initializer, ...rest) {
    budget.spend(tf.util.sizeFromShape(shape as number[]));
    return own.call(this, name, shape, dtype, draws ? initializer : zeros, ...rest);
  };
}

function buildContainer(spec: ModelSpec, context: BuildContext, built: Layer[]): tfl.LayersModel {
  return spec.kind === 'sequential'
    ? buildSequential(spec, context, built)
    : buildFunctional(spec, context, built);
}

function buildSequential(spec: ModelSpec, context: BuildContext, built: Layer[]): tfl.Sequential {
  const model = tfl.sequential({ name: spec.name });
  for (const layer of withoutInputLayer(spec.layers)) model.add(buildLayer(layer, context, built));
  if (model.outputs.length === 0)
    throw invalidFile(context.fileName, 'describes a model without the shape of its input');
  return model;
}

/** Keras writes a sequential model's input as a layer and does not count it among its layers; the first real one takes its shape. */
function withoutInputLayer(layers: readonly LayerSpec[]): readonly LayerSpec[] {
  const [input, first, ...rest] = layers;
  if (input?.className !== 'InputLayer' || first === undefined) return layers;
  // A nested model knows its own input.
  if (first.model !== undefined) return [first, ...rest];
  const { batchInputShape, dtype } = input.config;
  return [{ ...first, config: { ...first.config, batchInputShape, dtype } }, ...rest];
}

function buildLayer(spec: LayerSpec, context: BuildContext, built: Layer[]): Layer {
  const layer =
    spec.model === undefined ? buildPlainLayer(spec, context) : buildContainer(spec.model, context, built);
  if (spec.model !== undefined) layer.name = spec.name;
  built.push(layer);
  return layer;
}

function buildPlainLayer(spec: LayerSpec, { fileName, draws = false }: BuildContext): Layer {
  const config: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(spec.config)) {
    const isInitializer = key.endsWith('nitializer') && value !== null && value !== undefined;
    config[key] = isInitializer && !draws ? storedInitializer(value as ObjectSpec) : value;
  }
  if (spec.className === 'BatchNormalization') return batchNormalization(config);
  const entry = layerConstructor(spec.className);
  if (entry === undefined)
    throw invalidFile(fileName, `holds a layer of an unknown class, ${spec.className}`);
  const [cls, fromConfig] = entry;
  return fromConfig(cls, config as tf.serialization.ConfigDict);
}

interface Pending {
  readonly layer: Layer;
  readonly node: NodeSpec;
  /** Place of this call among the layer's calls. */
  readonly index: number;
}

function buildFunctional(spec: ModelSpec, context: BuildContext, built: Layer[]): tfl.LayersModel {
  const graph = new Graph(spec, context.fileName);
  let pending: Pending[] = [];
  for (const layerSpec of spec.layers) {
    const layer = buildLayer(layerSpec, context, built);
    graph.addLayer(layerSpec, layer);
    layerSpec.nodes.forEach((node, index) => pending.push({ layer, node, index }));
  }
  // Calls in the order of the file, repeated while any becomes possible: a layer may be called on what a later one makes.
  while (pending.length > 0) {
    const waiting = pending.filter((call) => !graph.apply(call));
    if (waiting.length === pending.length) {
      const names = waiting.slice(0, 5).map(({ layer }) => `'${layer.name}'`);
      throw invalidFile(context.fileName, `connects ${names.join(', ')} to nothing or in a circle`);
    }
    pending = waiting;
  }
  return tfl.model({
    inputs: graph.resolve(spec.inputs),
    outputs: graph.resolve(spec.outputs),
    name: spec.name,
  });
}

/** The tensors of a model that is being built: what each call of each layer has put out so far. */
class Graph {
  private readonly calls = new Map<string, tfl.SymbolicTensor[][]>();
  /** Number of a layer's first call: 1 for a nested model where its own making counts as call 0. */
  private readonly firstCall = new Map<string, number>();
  private readonly highestCall = new Map<string, number>();

  constructor(
    spec: ModelSpec,
    private readonly fileName: string,
  ) {
    const inputs = spec.layers.flatMap(({ nodes }) => nodes.flatMap((node) => node.inputs));
    for (const { layer, node } of [...inputs, ...spec.inputs, ...spec.outputs]) {
      this.highestCall.set(layer, Math.max(node, this.highestCall.get(layer) ?? 0));
    }
  }

  addLayer(spec: LayerSpec, layer: Layer): void {
    if (this.calls.has(spec.name)) throw invalidFile(this.fileName, `has two layers called '${spec.name}'`);
    const isInput = layer.getClassName() === 'InputLayer';
    this.calls.set(spec.name, isInput ? [layer.inboundNodes[0]!.outputTensors] : []);
    const countsItself =
      spec.model !== undefined && (this.highestCall.get(spec.name) ?? 0) >= spec.nodes.length;
    this.firstCall.set(spec.name, countsItself ? 1 : 0);
  }

  /** Makes the call if its inputs are there and it is its layer's turn; says whether it did. */
  apply({ layer, node, index }: Pending): boolean {
    const calls = this.calls.get(layer.name)!;
    if (calls.length !== index || node.inputs.length === 0) return false;
    const inputs = node.inputs.map((tensor) => this.find(tensor));
    if (inputs.includes(undefined)) return false;
    const known = inputs as tfl.SymbolicTensor[];
    const result = layer.apply(known.length === 1 ? known[0]! : known, { ...node.callArguments });
    calls.push((Array.isArray(result) ? result : [result]) as tfl.SymbolicTensor[]);
    return true;
  }

  resolve(tensors: readonly TensorSpec[]): tfl.SymbolicTensor[] {
    return tensors.map((tensor) => {
      const found = this.find(tensor);
      if (found !== undefined) return found;
      throw invalidFile(this.fileName, `names '${tensor.layer}' as input or output, which is not there`);
    });
  }

  private find({ layer, node, tensor }: TensorSpec): tfl.SymbolicTensor | undefined {
    return this.calls.get(layer)?.[node - (this.firstCall.get(layer) ?? 0)]?.[tensor];
  }
}
