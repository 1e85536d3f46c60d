import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {
  type AddWeight,
  batchNormalization,
  cutText,
  expectEngine,
  isZooError,
  withAddWeight,
} from '@zoo/core';

import { layerConstructor } from '../layers/stock-class';
import { isContainer } from '../model/model-layers';
import { invalidFile, shownName } from '../source/byte-source';

import { drawableConfig, drawnInitializer } from './drawn-initializer';
import { orthogonalCost } from './fill-orthogonal';
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
 * Builds a model whose weights are zeros, or drawn; batch norms are core's, which train correctly and save as stock ones.
 *
 * @throws ZooError 'engine-unavailable' before an engine is started, 'invalid-file' if the architecture is unsound; whatever was built before is disposed.
 */
export function buildModel(spec: ModelSpec, context: BuildContext): tfl.LayersModel {
  const layers: Layer[] = [];
  const models: tfl.LayersModel[] = [];
  expectEngine();
  try {
    // TensorFlow.js' LSTM leaks the tensors of its first bias.
    withAddWeight(
      (own) => countedWeights(own, context),
      () => tf.tidy(() => void models.push(buildContainer(spec, context, layers))),
    );
    const model = models[0]!;
    // Layers that lead to no output are not part of the model, which would not return their weights.
    const own = new Set(model.weights);
    for (const weight of new Set(layers.flatMap((layer) => layer.weights))) {
      if (!own.has(weight)) weight.dispose();
    }
    return model;
  } catch (error) {
    for (const weight of new Set(layers.flatMap((layer) => layer.weights))) weight.dispose();
    if (isZooError(error)) throw error;
    const reason = cutText(error instanceof Error ? error.message : String(error), 1000);
    throw invalidFile(context.fileName, `describes a model that can't be built: ${reason}`, '', error);
  }
}

/** Makes weights that the budget has room for: drawn as the layer says, or zeros. */
function countedWeights(own: AddWeight, { budget, draws = false }: BuildContext): AddWeight {
  const zeros = tfl.initializers.zeros();
  return function (name, shape, dtype, initializer, ...rest) {
    const sizes = shape as number[];
    budget.spend(tf.util.sizeFromShape(sizes));
    if (draws && initializer?.getClassName() === 'Orthogonal') budget.spend(orthogonalCost(sizes));
    const drawn = draws && initializer ? drawnInitializer(initializer) : zeros;
    return own.call(this, name, shape, dtype, drawn, ...rest);
  };
}

function buildContainer(spec: ModelSpec, context: BuildContext, built: Layer[]): tfl.LayersModel {
  return spec.kind === 'sequential'
    ? buildSequential(spec, context, built)
    : buildFunctional(spec, context, built);
}

function buildSequential(spec: ModelSpec, context: BuildContext, built: Layer[]): tfl.Sequential {
  const model = tfl.sequential({ name: spec.name });
  withoutInputLayer(spec.layers).forEach((layer, place) => {
    model.add(buildLayer(place === 0 ? layer : withoutInputShape(layer), context, built));
  });
  if (model.outputs.length === 0)
    throw invalidFile(context.fileName, 'describes a model without the shape of its input');
  return model;
}

/**
 * A layer that is called on something reads no input shape of its own. TensorFlow.js compares the two, and where they differ it warns on the
 * console in the file's words.
 */
function withoutInputShape(spec: LayerSpec): LayerSpec {
  if (!('batchInputShape' in spec.config)) return spec;
  const config = { ...spec.config };
  delete config['batchInputShape'];
  return { ...spec, config };
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
  const config = {
    ...((draws ? drawableConfig(spec.config, fileName) : spec.config) as LayerSpec['config']),
  };
  for (const [key, value] of Object.entries(config)) {
    const isInitializer = key.endsWith('nitializer') && value !== null && value !== undefined;
    if (isInitializer && !draws) config[key] = storedInitializer(value as ObjectSpec);
  }
  if (spec.className === 'BatchNormalization') return batchNormalization(config);
  const entry = layerConstructor(spec.className);
  if (entry === undefined)
    throw invalidFile(fileName, `holds a layer of an unknown class, ${shownName(spec.className)}`);
  const [cls, fromConfig] = entry;
  return fromConfig(cls, config as tf.serialization.ConfigDict);
}

/** A call that is still to be made. */
interface Call {
  readonly layer: Layer;
  readonly node: NodeSpec;
  /** Place of this call among the layer's calls. */
  readonly index: number;
  /** How many of the calls that it waits for are not made yet, each counted as often as it is named. */
  missing: number;
}

function buildFunctional(spec: ModelSpec, context: BuildContext, built: Layer[]): tfl.LayersModel {
  const graph = new Graph(spec, context.fileName);
  const calls: Call[] = [];
  for (const layerSpec of spec.layers) {
    const isCalled = layerSpec.nodes.some(({ inputs }) => inputs.length > 0);
    const layer = buildLayer(isCalled ? withoutInputShape(layerSpec) : layerSpec, context, built);
    graph.addLayer(layerSpec, layer);
    layerSpec.nodes.forEach((node, index) => calls.push({ layer, node, index, missing: 0 }));
  }
  const unmade = graph.make(calls);
  if (unmade.length > 0) {
    const names = unmade.slice(0, 5).map(({ layer }) => shownName(layer.name));
    throw invalidFile(context.fileName, `connects ${names.join(', ')} to nothing or in a circle`);
  }
  for (const { layer, index } of calls) if (index > 0) disposedAtOnce(layer);
  return tfl.model({
    inputs: graph.resolve(spec.inputs),
    outputs: graph.resolve(spec.outputs),
    name: spec.name,
  });
}

/**
 * Makes a layer that is called more than once give its weights back when its model is disposed: TensorFlow.js counts each of its calls as a
 * user, of which a model is one. A nested model begins with one user, itself, and is disposed twice.
 */
function disposedAtOnce(layer: Layer): void {
  (layer as unknown as { _refCount: number })._refCount = isContainer(layer) ? 2 : 1;
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
    if (this.calls.has(spec.name))
      throw invalidFile(this.fileName, `has two layers called ${shownName(spec.name)}`);
    const isInput = layer.getClassName() === 'InputLayer';
    this.calls.set(spec.name, isInput ? [layer.inboundNodes[0]!.outputTensors] : []);
    const countsItself =
      spec.model !== undefined && (this.highestCall.get(spec.name) ?? 0) >= spec.nodes.length;
    this.firstCall.set(spec.name, countsItself ? 1 : 0);
  }

  /**
   * Makes all calls that can be made, those that wait for none first: a layer may be called on what a later one of the file makes.
   *
   * @returns The calls that could not be made, in their order.
   */
  make(calls: readonly Call[]): Call[] {
    const waiting = new Map<string, Call[]>();
    for (const call of calls) {
      const { layer, node, index } = call;
      const awaited = node.inputs.map((tensor) => [tensor.layer, this.placeOf(tensor)] as const);
      // A layer's calls are made in their order.
      for (const [name, place] of [...awaited, [layer.name, index - 1] as const]) {
        if (place < 0 || this.calls.get(name)?.[place] !== undefined) continue;
        call.missing++;
        const key = callKey(name, place);
        const others = waiting.get(key);
        if (others === undefined) waiting.set(key, [call]);
        else others.push(call);
      }
    }
    const ready = calls.filter(({ missing }) => missing === 0);
    const made = new Set<Call>();
    // The list grows while it is walked.
    for (const call of ready) {
      if (!this.apply(call)) continue;
      made.add(call);
      for (const next of waiting.get(callKey(call.layer.name, call.index)) ?? []) {
        if (--next.missing === 0) ready.push(next);
      }
    }
    return calls.filter((call) => !made.has(call));
  }

  /** Makes the call if its inputs are there and it is its layer's turn; says whether it did. */
  private apply({ layer, node, index }: Call): boolean {
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
      throw invalidFile(
        this.fileName,
        `names ${shownName(tensor.layer)} as input or output, which is not there`,
      );
    });
  }

  private find(wanted: TensorSpec): tfl.SymbolicTensor | undefined {
    return this.calls.get(wanted.layer)?.[this.placeOf(wanted)]?.[wanted.tensor];
  }

  /** Place among the calls that are made here of the one that puts a tensor out; below 0 if there is none. */
  private placeOf({ layer, node }: TensorSpec): number {
    return node - (this.firstCall.get(layer) ?? 0);
  }
}

function callKey(layer: string, place: number): string {
  return `${place} ${layer}`;
}
