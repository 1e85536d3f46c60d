import type * as tf from '@tensorflow/tfjs';

import { alignLayers, type LayerPair, type OrderEvidence } from '../model/align-layers';
import { layerGraphs, type LayerGraph } from '../model/layer-graph';
import { fitsLayer, matchPairs, type ConvertLayer, type Match } from '../model/match-weights';
import { leafLayers, topLayers, type ModelLayer } from '../model/model-layers';
import {
  evidenceOfArchitecture,
  evidenceOfNames,
  evidenceOfNumbers,
  runningName,
} from '../model/order-evidence';
import { expectFit } from '../model/weights-report';

import { convertLegacyLayer } from './convert-legacy-layer';
import { expectOneOrder, expectSameSequence } from './expect-order';
import type { KerasFile } from './keras-file';
import { nameStoredLayers, type NamedLayer, type RenameLayer } from './name-stored-layers';
import { pairingByClass, pairingByName, pairingByPlace } from './pair-layers';
import { storedInputs } from './stored-inputs';

/** How {@link matchKerasFile} goes about it. */
export interface MatchOptions {
  /** Default: by name, or by order where the names say nothing. */
  by?: 'name' | 'topology' | undefined;
  rename?: RenameLayer | undefined;
  /** Report what does not fit instead of refusing it. Default: false. */
  skipMismatch?: boolean | undefined;
}

/**
 * Which of the file's tensors goes to which of the model's weights.
 *
 * @throws ZooError 'weights-mismatch' if they do not fit, unless `skipMismatch`, and if they fit in more than one order of the layers.
 */
export function matchKerasFile(model: tf.LayersModel, file: KerasFile, options: MatchOptions = {}): Match {
  const { rename, skipMismatch = false } = options;
  const layers = file.layerNames === 'top' ? topLayers(model) : leafLayers(model);
  const names = new Set(layers.map(({ name }) => name));
  const stored = nameStoredLayers(file, rename, names).filter(({ tensors }) => tensors.length > 0);
  const convert: ConvertLayer = (each, layer) =>
    file.format === 'legacy-h5' ? convertLegacyLayer(file, each, layer) : each.tensors;
  const fits = ({ layer, stored: from }: LayerPair): boolean => fitsLayer(layer, convert(from, layer));
  const isByName =
    (options.by ?? (namesDecide(layers, stored) ? 'name' : 'topology')) === 'name' && hasNames(stored);
  const pairing = isByName ? pairingByName : file.format === 'legacy-h5' ? pairingByPlace : pairingByClass;
  const pair = pairing({ model, file, stored, convert, rename });
  const graphs = layerGraphs(model);
  const own = pair(({ layers: listed }) => listed);
  // By name alone, no order matters.
  const isSettled = isByName && own.pairs.every((each) => stored.includes(each.stored as NamedLayer));
  const alignment = isSettled
    ? own
    : alignLayers({
        graphs,
        pair,
        fits,
        evidence: evidenceIn(file, stored, graphs, leafLayers(model)),
      });
  if (!isByName) expectSameSequence(alignment, convert, file.name, model.name);
  const match = matchPairs(alignment, convert);
  if (!skipMismatch) expectFit(match.report, file.name, model.name, ADVICE);
  expectOneOrder(alignment, file.name, model.name);
  return match;
}

const ADVICE =
  'Build the network that the file is of, with its own options; `rename` says what a layer of the file is called in the model.';

/** True if the file, or the caller, has a name for every layer: older `.weights.h5` know class and count alone. */
function hasNames(stored: readonly NamedLayer[]): boolean {
  return stored.every(({ givenName, isRenamed }) => givenName !== undefined || isRenamed);
}

/**
 * True if names say which layer is which: file and model have the same ones, or have one in common that a program gave. Running
 * numbers (`conv2d_7`) that are not the same throughout count the layers of two programs, and those that both have mean nothing.
 */
function namesDecide(layers: readonly ModelLayer[], stored: readonly NamedLayer[]): boolean {
  const names = new Set(layers.filter(({ weights }) => weights.length > 0).map(({ name }) => name));
  const common = stored.filter(({ name }) => names.has(name));
  if (common.length === names.size && common.length === stored.length) return true;
  return common.some(({ name }) => runningName(name) === undefined);
}

/** All that the file says of the order of its layers. */
function evidenceIn(
  file: KerasFile,
  stored: readonly NamedLayer[],
  graphs: readonly LayerGraph[],
  leaves: readonly ModelLayer[],
): OrderEvidence[] {
  const names = new Set(leaves.map(({ name }) => name));
  const inputs = storedInputs(file, stored);
  return [
    evidenceOfNames((each) => {
      const { name, isRenamed } = each as NamedLayer;
      return names.has(name) && (isRenamed || runningName(name) === undefined) ? name : undefined;
    }),
    ...(inputs === undefined ? [] : [evidenceOfArchitecture(graphs, inputs)]),
    evidenceOfNumbers(graphs, (each) => {
      const { givenName } = each as NamedLayer;
      return givenName === undefined ? undefined : runningName(givenName);
    }),
  ];
}
