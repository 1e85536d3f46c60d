import type * as tfl from '@tensorflow/tfjs-layers';

import type { LayerCall, LayerGraph } from './layer-graph';

/** What becomes of one batch normalisation; see `foldBatchNorm`. */
export interface BatchNormFolding {
  /** The batch normalisation's name. */
  readonly layer: string;
  /** The convolution or dense layer that it is folded into; undefined if it stays. */
  readonly into: string | undefined;
  /** Why it stays, a clause without a full stop; undefined if it is folded. */
  readonly keptBecause: string | undefined;
}

/** A batch normalisation to fold, and where to. */
export interface PlannedFolding {
  readonly norm: tfl.layers.Layer;
  readonly target: tfl.layers.Layer;
  /** True if the norm comes after the target; false if it comes before. */
  readonly isAfter: boolean;
}

/** Everything that changes in a model. */
export interface FoldingPlan {
  readonly foldings: readonly PlannedFolding[];
  /** ReLUs that become the activation of the layer before them. */
  readonly activations: readonly {
    readonly activation: tfl.layers.Layer;
    readonly target: tfl.layers.Layer;
  }[];
  readonly report: readonly BatchNormFolding[];
}

/** Layers that are linear maps of channels followed by a sum, and their kernel's place. */
const TARGETS = ['Conv2D', 'Conv1D', 'DepthwiseConv2D', 'Dense'];

/** Works out what can be folded; touches no tensor. */
export function planFolding(graph: LayerGraph): FoldingPlan {
  const foldings: PlannedFolding[] = [];
  const report: BatchNormFolding[] = [];
  for (const norm of graph.callsOf.keys()) {
    if (norm.getClassName() !== 'BatchNormalization') continue;
    const planned = planNorm(graph, norm);
    if (typeof planned !== 'string') foldings.push(planned);
    report.push({
      layer: norm.name,
      into: typeof planned === 'string' ? undefined : planned.target.name,
      keptBecause: typeof planned === 'string' ? planned : undefined,
    });
  }
  return { foldings, activations: planActivations(graph, foldings), report };
}

/** The folding of a norm, or why there is none. */
function planNorm(graph: LayerGraph, norm: tfl.layers.Layer): PlannedFolding | string {
  const calls = graph.callsOf.get(norm)!;
  if (!isOverLastAxis(norm, calls)) return 'it does not normalise the last axis';
  const before = soleNeighbour(calls.map((call) => graph.makerOf(call.inputTensors[0]!)));
  const after = soleNeighbour(calls.flatMap((call) => readers(graph, call)));
  const beforeFault = faultBefore(graph, norm, before);
  if (beforeFault === undefined) return { norm, target: before!, isAfter: true };
  const afterFault = faultAfter(graph, norm, after);
  if (afterFault === undefined) return { norm, target: after!, isAfter: false };
  return `${beforeFault}, and ${afterFault}`;
}

/** Why a norm can't be folded into the layer before it; undefined if it can. */
function faultBefore(
  graph: LayerGraph,
  norm: tfl.layers.Layer,
  before: tfl.layers.Layer | undefined,
): string | undefined {
  if (before === undefined) return 'it reads the outputs of several layers';
  const name = `'${before.name}' before it`;
  if (!TARGETS.includes(before.getClassName())) {
    return `${name} is ${article(before)} and no convolution or dense layer`;
  }
  if (hasChannelsFirst(before)) return `${name} has its channels first`;
  if (!isLinear(before)) return `${name} has an activation of its own`;
  const outputs = graph.callsOf.get(before)!.flatMap(({ outputTensors }) => outputTensors);
  const isShared = outputs.some(
    (tensor) =>
      graph.isOutput(tensor) || graph.readersOf(tensor).some(({ outboundLayer }) => outboundLayer !== norm),
  );
  return isShared ? `what ${name} puts out is read elsewhere too` : undefined;
}

/** Why a norm can't be folded into the layer after it; undefined if it can. */
function faultAfter(
  graph: LayerGraph,
  norm: tfl.layers.Layer,
  after: tfl.layers.Layer | undefined,
): string | undefined {
  const isOutput = graph.callsOf
    .get(norm)!
    .some(({ outputTensors }) => outputTensors.some((tensor) => graph.isOutput(tensor)));
  if (isOutput) return 'what it puts out is an output of the model';
  if (after === undefined) return 'several layers read it';
  const name = `'${after.name}' after it`;
  if (!['Conv2D', 'Dense'].includes(after.getClassName())) {
    return `${name} is ${article(after)} and no convolution or dense layer`;
  }
  if (hasChannelsFirst(after)) return `${name} has its channels first`;
  const isRead = graph.callsOf
    .get(after)!
    .some(({ inputTensors }) => graph.makerOf(inputTensors[0]!)?.outboundLayer !== norm);
  if (isRead) return `${name} is called on other tensors too`;
  return padsWithZeros(after) ? `${name} pads with zeros, which the norm's offset must not reach` : undefined;
}

/** ReLUs that are all that reads a layer whose activation can be theirs. */
function planActivations(graph: LayerGraph, foldings: readonly PlannedFolding[]): FoldingPlan['activations'] {
  const normAfter = new Map(
    foldings.filter(({ isAfter }) => isAfter).map(({ norm, target }) => [norm, target]),
  );
  const planned: { activation: tfl.layers.Layer; target: tfl.layers.Layer }[] = [];
  for (const [activation, calls] of graph.callsOf) {
    if (!isRelu(activation)) continue;
    const before = soleNeighbour(calls.map((call) => graph.makerOf(call.inputTensors[0]!)));
    if (before === undefined) continue;
    const target = normAfter.get(before) ?? before;
    if (!['Conv2D', 'Dense', 'DepthwiseConv2D'].includes(target.getClassName()) || !isLinear(target))
      continue;
    const outputs = graph.callsOf.get(before)!.flatMap(({ outputTensors }) => outputTensors);
    const isShared = outputs.some(
      (tensor) =>
        graph.isOutput(tensor) ||
        graph.readersOf(tensor).some(({ outboundLayer }) => outboundLayer !== activation),
    );
    if (!isShared) planned.push({ activation, target });
  }
  return planned;
}

/** The one layer of all these calls; undefined if there are several or none. */
function soleNeighbour(calls: readonly (LayerCall | undefined)[]): tfl.layers.Layer | undefined {
  const layers = new Set(calls.map((call) => call?.outboundLayer));
  return layers.size === 1 ? [...layers][0] : undefined;
}

function readers(graph: LayerGraph, call: LayerCall): readonly LayerCall[] {
  return call.outputTensors.flatMap((tensor) => [...graph.readersOf(tensor)]);
}

function isOverLastAxis(norm: tfl.layers.Layer, calls: readonly LayerCall[]): boolean {
  const { axis } = norm.getConfig() as { axis: number };
  return calls.every(({ inputTensors }) => axis === -1 || axis === inputTensors[0]!.rank - 1);
}

function hasChannelsFirst(layer: tfl.layers.Layer): boolean {
  return layer.getConfig()['dataFormat'] === 'channelsFirst';
}

function isLinear(layer: tfl.layers.Layer): boolean {
  const { activation } = layer.getConfig() as { activation?: unknown };
  return activation === undefined || activation === null || activation === 'linear';
}

function isRelu(layer: tfl.layers.Layer): boolean {
  const config = layer.getConfig() as { activation?: unknown; maxValue?: unknown };
  if (layer.getClassName() === 'Activation') return config.activation === 'relu';
  return layer.getClassName() === 'ReLU' && (config.maxValue === undefined || config.maxValue === null);
}

function padsWithZeros(layer: tfl.layers.Layer): boolean {
  const { padding, kernelSize } = layer.getConfig() as { padding?: string; kernelSize?: number[] };
  return padding !== undefined && padding !== 'valid' && kernelSize!.some((size) => size !== 1);
}

function article(layer: tfl.layers.Layer): string {
  const name = layer.getClassName();
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;
}
