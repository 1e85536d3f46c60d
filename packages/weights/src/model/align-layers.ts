import type * as tfl from '@tensorflow/tfjs-layers';

import type { StoredLayer } from '../stored-tensor';

import type { InputOrders, LayerGraph } from './layer-graph';
import type { ModelLayer, OrderOf } from './model-layers';
import type { OrderWork } from './order-work';

/** Which layers of a file fill which of the model's, if the model lists its layers in some order. */
export interface Pairing {
  readonly pairs: readonly LayerPair[];
  /** The model's layers that the file has nothing for. */
  readonly missing: readonly ModelLayer[];
  /** The file's layers that the model has no place for. */
  readonly unexpected: readonly StoredLayer[];
}

/** A layer of the model and the file's layer that fills it. */
export interface LayerPair {
  readonly layer: ModelLayer;
  readonly stored: StoredLayer;
}

/** What tells orders apart that the shapes leave open. */
export interface OrderEvidence {
  /**
   * False if the pairs of the file's layers in `affected` can't be right; those of `unsettled`, which these are among, are not known
   * to be right themselves.
   */
  allows(pairing: Pairing, affected: ReadonlySet<StoredLayer>, unsettled: ReadonlySet<StoredLayer>): boolean;
}

/** What {@link alignLayers} needs. */
export interface AlignOptions {
  /** The model's graph, and those of the models within it. */
  readonly graphs: readonly LayerGraph[];
  /** What all of it may take; the graphs count in it, too. */
  readonly work: OrderWork;
  /** Pairs layers by their places, the model's listed as `orderOf` says. */
  readonly pair: (orderOf: OrderOf) => Pairing;
  /** True if the shapes of a pair agree. */
  readonly fits: (pair: LayerPair) => boolean;
  /** What must allow an order for it to be taken. */
  readonly evidence: readonly OrderEvidence[];
}

/** What came of {@link alignLayers}. */
export interface Alignment extends Pairing {
  /** Two ways to fill the model between which nothing decides, if there are such: the first layer of the file that they differ in. */
  readonly doubt?: OrderDoubt;
}

/** A layer of a file that could fill either of two layers. */
export interface OrderDoubt {
  readonly stored: StoredLayer;
  readonly choices: readonly [ModelLayer, ModelLayer];
  /** The merge whose inputs the two orders list differently. */
  readonly merge: string;
}

/**
 * Pairs a file's layers with a model's by their order, whichever order the program that wrote the file lists the inputs of sums in.
 *
 * Every order that Keras could have written the network in is tried. Where shapes fit in one alone, it is right; where they fit in
 * several, the evidence decides, and if it does not, an error says so: any choice could swap weights unnoticed.
 */
export function alignLayers({ graphs, work, pair, fits, evidence }: AlignOptions): Alignment {
  const pairingOf = (inputOrders: InputOrders): Pairing => {
    const orders = new Map(graphs.map((graph) => [graph.container as object, graph.order(inputOrders)]));
    return pair((container) => orders.get(container) ?? container.layers);
  };
  const settled = new Map<Call, Permutation>();
  const open: { group: MergeGroup; orders: InputOrders[] }[] = [];
  for (const group of groupsOf(graphs, pairingOf, work)) {
    const fitting = group.orders.filter((orders) =>
      pairingOf(orders).pairs.every((each) => !group.affected.has(each.stored) || fits(each)),
    );
    const orders = withoutEquivalents(group.graph, fitting, work);
    // If none fits, the model's own order is kept, and its shapes say what is wrong.
    if (orders.length === 1) addAll(settled, orders[0]!);
    else if (orders.length > 1) open.push({ group, orders });
    else if (group.orders.length > 1) open.push({ group, orders: [] });
  }
  const unsettled = new Set(open.flatMap(({ group }) => [...group.affected]));
  let doubt: OrderDoubt | undefined;
  for (const { group, orders } of open) {
    const candidates = orders.map((each) => ({
      orders: each,
      pairing: pairingOf(new Map([...settled, ...each])),
    }));
    const left = candidates.filter(({ pairing }) =>
      evidence.every((each) => each.allows(pairing, group.affected, unsettled)),
    );
    if (left.length === 1) addAll(settled, left[0]!.orders);
    else doubt ??= doubtBetween(group, left.length > 1 ? left.map((each) => each.orders) : orders, pairingOf);
  }
  const pairing = pairingOf(settled);
  return doubt === undefined ? pairing : { ...pairing, doubt };
}

type Call = LayerGraph['merges'][number];
/** Places of a merge's inputs, in the order in which they are listed. */
type Permutation = readonly number[];

/** Merges of one graph whose orders concern the same layers of the file. */
interface MergeGroup {
  readonly graph: LayerGraph;
  readonly merges: readonly Call[];
  /** All orders of their inputs, the model's own first. */
  readonly orders: readonly InputOrders[];
  /** Layers of the file whose partner differs from order to order. */
  readonly affected: ReadonlySet<StoredLayer>;
}

/** Orders of one group that are looked at; more are beyond any network that is known. */
const MAXIMUM_ORDERS = 512;

function groupsOf(
  graphs: readonly LayerGraph[],
  pairingOf: (orders: InputOrders) => Pairing,
  work: OrderWork,
): MergeGroup[] {
  const own = partners(pairingOf(new Map()));
  return graphs.flatMap((graph) => {
    const ownOrder = graph.order(new Map());
    const groups: { merges: Call[]; permutations: Permutation[][]; affected: Set<StoredLayer> }[] = [];
    for (const merge of graph.merges) {
      const affected = new Set<StoredLayer>();
      const permutations: Permutation[] = permutationsOf(merge.inboundLayers.length, work).filter(
        (permutation) => {
          const orders = new Map([[merge, permutation]]);
          if (graph.order(orders).every((layer, i) => layer === ownOrder[i])) return false;
          const changed = pairingOf(orders).pairs.filter(
            ({ stored, layer }) => own.get(stored) !== layer.layer,
          );
          changed.forEach(({ stored }) => affected.add(stored));
          return changed.length > 0;
        },
      );
      if (permutations.length === 0) continue;
      work.spend(groups.length);
      const joined = groups.filter((group) => [...group.affected].some((stored) => affected.has(stored)));
      const group = { merges: [merge], permutations: [permutations], affected };
      for (const other of joined) {
        group.merges.push(...other.merges);
        group.permutations.push(...other.permutations);
        other.affected.forEach((stored) => group.affected.add(stored));
        groups.splice(groups.indexOf(other), 1);
      }
      groups.push(group);
    }
    return groups.map(({ merges, permutations, affected }) => ({
      graph,
      merges,
      affected,
      orders: combinations(merges, permutations),
    }));
  });
}

/** All ways to list each merge's inputs as the model has them or in one of its permutations, the model's own first. */
function combinations(
  merges: readonly Call[],
  permutations: readonly (readonly Permutation[])[],
): InputOrders[] {
  let result: Map<Call, Permutation>[] = [new Map<Call, Permutation>()];
  merges.forEach((merge, i) => {
    const changed = permutations[i]!.flatMap((permutation) =>
      result.map((orders) => new Map([...orders, [merge, permutation]])),
    );
    result = [...result, ...changed].slice(0, MAXIMUM_ORDERS);
  });
  return result;
}

/** Orders of `count` inputs other than their own: all of them for a few, those that exchange two for many. */
function permutationsOf(count: number, work: OrderWork): Permutation[] {
  work.spend(count ** 3);
  const own = Array.from({ length: count }, (_, i) => i);
  if (count > 4) {
    return own.flatMap((left) =>
      own.slice(left + 1).map((right) => own.map((i) => (i === left ? right : i === right ? left : i))),
    );
  }
  const permute = (rest: readonly number[]): number[][] =>
    rest.length === 0
      ? [[]]
      : rest.flatMap((first) => permute(rest.filter((i) => i !== first)).map((tail) => [first, ...tail]));
  return permute(own).slice(1);
}

/** Without orders that exchange layers which are alike in all but their names: either gives the same function. */
function withoutEquivalents(
  graph: LayerGraph,
  orders: readonly InputOrders[],
  work: OrderWork,
): InputOrders[] {
  const kept: { orders: InputOrders; layers: tfl.layers.Layer[] }[] = [];
  for (const each of orders) {
    const layers = graph.order(each);
    if (!kept.some((other) => isAutomorphism(graph, other.layers, layers, work)))
      kept.push({ orders: each, layers });
  }
  return kept.map((each) => each.orders);
}

/** True if the network stays the same where each of `from` takes the place of the layer that stands there in `to`. */
function isAutomorphism(
  graph: LayerGraph,
  from: readonly tfl.layers.Layer[],
  to: readonly tfl.layers.Layer[],
  work: OrderWork,
): boolean {
  const image = new Map(from.map((layer, i) => [layer, to[i]!]));
  const idOf = (layer: tfl.layers.Layer) => layer.id;
  return from.every((layer) => {
    work.spend(1);
    const other = image.get(layer)!;
    if (layer !== other && graph.isOutput(layer)) return false;
    if (layer !== other && setupOf(layer) !== setupOf(other)) return false;
    const inputs = graph.inputsOf(layer).map((input) => (image.get(input) ?? input).id);
    return inputs.sort().join() === graph.inputsOf(other).map(idOf).sort().join();
  });
}

/** All that makes up what a layer computes, but its name and where its first values come from. */
function setupOf(layer: tfl.layers.Layer): string {
  const config = Object.entries(layer.getConfig()).filter(
    ([key]) => !/name|initializer|regularizer|trainable/i.test(key),
  );
  return JSON.stringify([layer.getClassName(), config]);
}

function doubtBetween(
  { orders, merges }: MergeGroup,
  left: readonly InputOrders[],
  pairingOf: (orders: InputOrders) => Pairing,
): OrderDoubt {
  const [first, second] = (left.length > 1 ? left : orders).slice(0, 2).map(pairingOf) as [Pairing, Pairing];
  const others = new Map(second.pairs.map(({ stored, layer }) => [stored, layer]));
  const { stored, layer } = first.pairs.find((each) => others.get(each.stored)!.layer !== each.layer.layer)!;
  return { stored, choices: [layer, others.get(stored)!], merge: merges[0]!.outboundLayer.name };
}

function partners({ pairs }: Pairing): Map<StoredLayer, tfl.layers.Layer> {
  return new Map(pairs.map(({ stored, layer }) => [stored, layer.layer]));
}

function addAll(target: Map<Call, Permutation>, orders: InputOrders): void {
  orders.forEach((order, call) => target.set(call, order));
}
