import type * as tfl from '@tensorflow/tfjs-layers';

import type { LayerPair, Pairing } from '../model/align-layers';
import { pairByNames, type ConvertLayer } from '../model/match-weights';
import {
  isContainer,
  leafLayers,
  leavesOf,
  topLayers,
  type KnownLayers,
  type ModelLayer,
  type OrderOf,
} from '../model/model-layers';
import type { StoredLayer } from '../stored-tensor';

import { classPaths, modelLayerTree } from './class-paths';
import type { KerasFile } from './keras-file';
import type { NamedLayer, RenameLayer } from './name-stored-layers';
import { splitNested } from './split-nested';

/** Pairs a file's layers with a model's, its layers listed in some order. */
export type PairLayers = (orderOf: OrderOf) => Pairing;

/** What the pairings of one file and one model need. */
export interface PairingParts {
  readonly model: tfl.LayersModel;
  readonly file: KerasFile;
  /** The file's layers with weights. */
  readonly stored: readonly NamedLayer[];
  readonly convert: ConvertLayer;
  readonly rename: RenameLayer | undefined;
}

/** Layers of one name; within a nested model of a legacy file, whose layers are named otherwise there, by place. */
export function pairingByName(parts: PairingParts): PairLayers {
  const { model, file, stored } = parts;
  const whole = wholeOrWithin(parts);
  const byName = new Map(stored.map((layer) => [layer.name, layer]));
  const known: KnownLayers = new Map();
  return (orderOf) => {
    const layers =
      file.layerNames === 'top' ? topLayers(model, orderOf, known) : leafLayers(model, orderOf, known);
    const names = new Set(layers.map(({ name }) => name));
    const found = layers
      .filter(({ weights }) => weights.length > 0)
      .map((layer) => ({ layer, from: byName.get(layer.name) }));
    return joined([
      ...found.map(({ layer, from }) =>
        from === undefined
          ? { pairs: [], missing: [layer], unexpected: [] }
          : whole({ layer, stored: from }, orderOf),
      ),
      { pairs: [], missing: [], unexpected: stored.filter(({ name }) => !names.has(name)) },
    ]);
  };
}

/** The first layer with weights to the first, the second to the second, and so on: what Keras does with legacy files. */
export function pairingByPlace(parts: PairingParts): PairLayers {
  const whole = wholeOrWithin(parts);
  const known: KnownLayers = new Map();
  return (orderOf) => {
    const { pairs, ...rest } = zip(topLayers(parts.model, orderOf, known), parts.stored);
    return joined([{ pairs: [], ...rest }, ...pairs.map((pair) => whole(pair, orderOf))]);
  };
}

/** The first layer of a class to the first of that class: what Keras does with `.weights.h5` and `.keras`. */
export function pairingByClass({ model, stored }: PairingParts): PairLayers {
  const byPath = new Map(stored.map((layer) => [layer.classPath, layer]));
  const layers = new Map(leafLayers(model).map((layer) => [layer.name, layer]));
  return (orderOf) => {
    const used = new Set<StoredLayer>();
    const pairs: LayerPair[] = [];
    const missing: ModelLayer[] = [];
    for (const { path, name } of classPaths(modelLayerTree(model, orderOf))) {
      const layer = layers.get(name);
      if (layer === undefined || layer.weights.length === 0) continue;
      const found = byPath.get(path);
      if (found === undefined) missing.push(layer);
      else {
        pairs.push({ layer, stored: found });
        used.add(found);
      }
    }
    return { pairs, missing, unexpected: stored.filter((layer) => !used.has(layer)) };
  };
}

/** A pair as it is or, of a nested model whose layers the file has other names for, the pairs within by place. */
function wholeOrWithin({ convert, rename }: PairingParts): (pair: LayerPair, orderOf: OrderOf) => Pairing {
  // Split once, because the file's layers are compared by identity.
  const within = new Map<StoredLayer, NamedLayer[]>();
  const wholes = new Map<StoredLayer, Map<ModelLayer, boolean>>();
  const known: KnownLayers = new Map();
  const isWhole = ({ layer, stored }: LayerPair): boolean => {
    const ofStored = wholes.get(stored) ?? new Map<ModelLayer, boolean>();
    wholes.set(stored, ofStored);
    const before = ofStored.get(layer);
    if (before !== undefined) return before;
    const found = pairByNames(layer, convert(stored, layer)) !== undefined;
    ofStored.set(layer, found);
    return found;
  };
  return (pair, orderOf) => {
    const { layer, stored } = pair;
    if (!isContainer(layer.layer) || isWhole(pair)) return { pairs: [pair], missing: [], unexpected: [] };
    const split = within.get(stored) ?? splitNested(stored as NamedLayer, layer.name, rename);
    within.set(stored, split);
    return zip(leavesOf(layer.layer, layer.name, orderOf, known), split);
  };
}

function zip(layers: readonly ModelLayer[], stored: readonly StoredLayer[]): Pairing {
  const withWeights = layers.filter(({ weights }) => weights.length > 0);
  const count = Math.min(withWeights.length, stored.length);
  return {
    pairs: withWeights.slice(0, count).map((layer, i) => ({ layer, stored: stored[i]! })),
    missing: withWeights.slice(count),
    unexpected: stored.slice(count),
  };
}

function joined(pairings: readonly Pairing[]): Pairing {
  return {
    pairs: pairings.flatMap(({ pairs }) => pairs),
    missing: pairings.flatMap(({ missing }) => missing),
    unexpected: pairings.flatMap(({ unexpected }) => unexpected),
  };
}
