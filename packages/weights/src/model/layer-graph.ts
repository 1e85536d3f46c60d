import * as tfl from '@tensorflow/tfjs-layers';

import { isContainer, type Container } from './model-layers';
import type { OrderWork } from './order-work';

type Layer = tfl.layers.Layer;
type Call = Layer['inboundNodes'][number];

/** The calls whose inputs are listed in another order than the model has them: for each, the places of its inputs in that order. */
export type InputOrders = ReadonlyMap<Call, readonly number[]>;

/** Merges that give the same for any order of their inputs: programs of one network list them as they like. */
const COMMUTATIVE = ['Add', 'Average', 'Maximum', 'Minimum', 'Multiply'];

/**
 * How the layers of one model hang together, and in which order Keras lists them.
 *
 * Keras lists layers by depth, the longest way to an output, and those of one depth by a walk from the outputs to the inputs that takes
 * the inputs of every layer in turn. So the same network has another order where a program writes `add([shortcut, branch])` instead of
 * `add([branch, shortcut])`.
 *
 * @see keras/src/models/functional.py (`map_graph`), tfjs-layers/src/engine/container.ts
 */
export class LayerGraph {
  /** Calls of merges whose inputs may be listed in any order. */
  readonly merges: readonly Call[];
  private readonly outputs: readonly Call[];
  private readonly depths = new Map<Layer, number>();
  private deepest = 0;
  private readonly inputs = new Map<Layer, Layer[]>();

  constructor(
    readonly container: Container,
    private readonly work: OrderWork,
  ) {
    this.outputs = [];
    this.merges = [];
    if (container instanceof tfl.Sequential) {
      container.layers.forEach((layer, i) =>
        this.inputs.set(layer, i === 0 ? [] : [container.layers[i - 1]!]),
      );
      return;
    }
    const { outputLayers, outputLayersNodeIndices, layersByDepth } = container as unknown as tfl.LayersModel;
    this.outputs = outputLayers.map((layer, i) => layer.inboundNodes[outputLayersNodeIndices[i]!]!);
    for (const [depth, layers] of Object.entries(layersByDepth)) {
      for (const layer of layers) this.depths.set(layer, Number(depth));
      this.deepest = Math.max(this.deepest, Number(depth));
    }
    const calls = this.walk(new Map());
    for (const { outboundLayer, inboundLayers } of calls) {
      const inputs = this.inputs.get(outboundLayer) ?? [];
      for (const layer of inboundLayers) inputs.push(layer);
      this.inputs.set(outboundLayer, inputs);
    }
    this.merges = calls.filter(
      ({ outboundLayer, inboundLayers }) =>
        inboundLayers.length > 1 && COMMUTATIVE.includes(outboundLayer.getClassName()),
    );
  }

  /** The container's layers as Keras lists them where the inputs of merges come in `inputOrders`; all others as the model has them. */
  order(inputOrders: InputOrders): Layer[] {
    this.work.spend(this.container.layers.length);
    if (this.outputs.length === 0) return [...this.container.layers];
    const layers = new Set(this.walk(inputOrders).map(({ outboundLayer }) => outboundLayer));
    const byDepth: Layer[][] = Array.from({ length: this.deepest + 1 }, () => []);
    for (const layer of layers) byDepth[this.depths.get(layer)!]!.push(layer);
    return byDepth.reverse().flat();
  }

  /** True for a layer whose output is the model's. */
  isOutput(layer: Layer): boolean {
    return this.outputs.some(({ outboundLayer }) => outboundLayer === layer);
  }

  /** The layers that `layer` reads, those of all its calls. */
  inputsOf(layer: Layer): readonly Layer[] {
    return this.inputs.get(layer) ?? [];
  }

  /** The nearest layers before `layer` that `isWanted` picks. */
  nearestBefore(layer: Layer, isWanted: (layer: Layer) => boolean): Set<Layer> {
    const found = new Set<Layer>();
    const seen = new Set<Layer>();
    const waiting = [...this.inputsOf(layer)];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      this.work.spend(1);
      if (seen.has(next)) continue;
      seen.add(next);
      if (isWanted(next)) found.add(next);
      else waiting.push(...this.inputsOf(next));
    }
    return found;
  }

  /** All calls, in the order in which a walk from the outputs meets them. A stack stands for recursion: networks are deep. */
  private walk(inputOrders: InputOrders): Call[] {
    const met = new Set<Call>();
    const waiting = [...this.outputs].reverse();
    for (let call = waiting.pop(); call !== undefined; call = waiting.pop()) {
      if (met.has(call)) continue;
      met.add(call);
      const { inboundLayers, nodeIndices } = call;
      this.work.spend(inboundLayers.length);
      const calls = inboundLayers.map((layer, i) => layer.inboundNodes[nodeIndices[i]!]!);
      const ordered = inputOrders.get(call)?.map((place) => calls[place]!) ?? calls;
      waiting.push(...ordered.reverse());
    }
    return [...met];
  }
}

/** Graphs of `model` and of all models within it that are layers. */
export function layerGraphs(model: Container, work: OrderWork): LayerGraph[] {
  const within = model.layers.filter(isContainer).flatMap((layer) => layerGraphs(layer, work));
  return [new LayerGraph(model, work), ...within];
}

/** For each layer of the graphs the graph that it is in. */
export function graphsByLayer(graphs: readonly LayerGraph[]): ReadonlyMap<Layer, LayerGraph> {
  return new Map(graphs.flatMap((graph) => graph.container.layers.map((layer) => [layer, graph] as const)));
}
