import type * as tfl from '@tensorflow/tfjs-layers';

import type { StoredLayer } from '../stored-tensor';

import type { OrderEvidence, Pairing } from './align-layers';
import { graphsByLayer, type LayerGraph } from './layer-graph';

/** A name that Keras gives a layer that the program gave none: its class and how many of it there were before. */
export interface RunningName {
  /** The class, in snake case. */
  readonly className: string;
  readonly number: number;
}

/** Keras' own names for layers with weights, and whose classes they are. */
const CLASS_NAMES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      ...['conv1d', 'conv2d', 'conv3d', 'conv1d_transpose', 'conv2d_transpose', 'conv3d_transpose'],
      ...['depthwise_conv1d', 'depthwise_conv2d', 'separable_conv1d', 'separable_conv2d'],
      ...['dense', 'einsum_dense', 'embedding', 'p_re_lu', 'simple_rnn', 'gru', 'lstm', 'conv_lstm2d'],
      ...['batch_normalization', 'layer_normalization', 'group_normalization', 'unit_normalization'],
      ...['bidirectional', 'time_distributed', 'multi_head_attention'],
    ].map((name) => [name, name]),
  ),
  batch_normalization_v1: 'batch_normalization',
  batch_normalization_v2: 'batch_normalization',
  // Keras 1 writes class names in small letters.
  batchnormalization: 'batch_normalization',
  convolution1d: 'conv1d',
  convolution2d: 'conv2d',
  convolution3d: 'conv3d',
  deconvolution2d: 'conv2d_transpose',
  separableconvolution2d: 'separable_conv2d',
};

/** `conv2d_7` as the class `conv2d` and 7; undefined for a name that a program gave. */
export function runningName(name: string): RunningName | undefined {
  const [, base = '', number] = /^(?:.*\/)?([a-z0-9_]+?)(?:_(\d+))?$/.exec(name) ?? [];
  if (!Object.hasOwn(CLASS_NAMES, base)) return undefined;
  return { className: CLASS_NAMES[base]!, number: Number(number ?? 0) };
}

/** A layer of the file that has the name of one of the model's is that one. */
export function evidenceOfNames(nameOf: (stored: StoredLayer) => string | undefined): OrderEvidence {
  return {
    allows: ({ pairs }, affected) =>
      pairs.every(({ stored, layer }) => {
        const name = affected.has(stored) ? nameOf(stored) : undefined;
        return name === undefined || name === layer.name;
      }),
  };
}

/**
 * Keras numbers the layers of a class as a program makes them, and a program makes a layer after those whose outputs it reads: a
 * layer with a smaller number reads none with a larger one. A numbering that breaks this anywhere counts something else, and proves
 * nothing.
 */
export function evidenceOfNumbers(
  graphs: readonly LayerGraph[],
  nameOf: (stored: StoredLayer) => RunningName | undefined,
): OrderEvidence {
  const graphOf = graphsByLayer(graphs);
  return {
    allows: (pairing, affected, unsettled) => {
      const breaches = breachesOf(graphOf, pairing, nameOf);
      const concerns = (set: ReadonlySet<StoredLayer>) =>
        breaches.filter((pair) => pair.some((stored) => set.has(stored))).length;
      const isCount = concerns(unsettled) === breaches.length;
      return !isCount || concerns(affected) === 0;
    },
  };
}

/** Layers of the file of one class, the first of which has the larger number although the second reads it. */
function breachesOf(
  graphOf: ReadonlyMap<tfl.layers.Layer, LayerGraph>,
  { pairs }: Pairing,
  nameOf: (stored: StoredLayer) => RunningName | undefined,
): (readonly [StoredLayer, StoredLayer])[] {
  const numbered = new Map<tfl.layers.Layer, { stored: StoredLayer; running: RunningName }>();
  for (const { stored, layer } of pairs) {
    const running = nameOf(stored);
    if (running !== undefined) numbered.set(layer.layer, { stored, running });
  }
  return [...numbered].flatMap(([layer, { stored, running }]) => {
    const graph = graphOf.get(layer);
    if (graph === undefined) return [];
    const isOfClass = (other: tfl.layers.Layer) =>
      numbered.get(other)?.running.className === running.className;
    return [...graph.nearestBefore(layer, isOfClass)]
      .map((other) => numbered.get(other)!)
      .filter((other) => other.running.number >= running.number)
      .map((other) => [other.stored, stored] as const);
  });
}

/** What a file says of its own network: the layers with weights that each layer with weights reads, past those without. */
export type StoredInputs = ReadonlyMap<StoredLayer, readonly StoredLayer[]>;

/** The file's layers read each other as the model's do. */
export function evidenceOfArchitecture(graphs: readonly LayerGraph[], inputs: StoredInputs): OrderEvidence {
  const graphOf = graphsByLayer(graphs);
  return {
    allows: ({ pairs }, affected) => {
      const layerOf = new Map(pairs.map(({ stored, layer }) => [stored, layer.layer]));
      const isFilled = new Set(layerOf.values());
      return pairs.every(({ stored, layer }) => {
        const graph = graphOf.get(layer.layer);
        const own = affected.has(stored) ? inputs.get(stored) : undefined;
        if (own === undefined || graph === undefined) return true;
        const expected = graph.nearestBefore(layer.layer, (other) => isFilled.has(other));
        return own.length === expected.size && own.every((input) => expected.has(layerOf.get(input)!));
      });
    },
  };
}
