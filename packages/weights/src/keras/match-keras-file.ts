import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError } from '@zoo/core';

import type { MatchOptions } from '../formats/weight-format';
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
import { OrderWork } from '../model/order-work';
import { isFit } from '../model/weights-report';

import { convertLegacyLayer } from './convert-legacy-layer';
import { expectOneOrder, expectSameSequence } from './expect-order';
import type { KerasFile } from './keras-file';
import { nameStoredLayers, type NamedLayer } from './name-stored-layers';
import { pairingByClass, pairingByName, pairingByPlace } from './pair-layers';
import { storedInputs } from './stored-inputs';

/**
 * Which of the file's tensors goes to which of the model's weights.
 *
 * @throws ZooError 'weights-mismatch' if they fit in more than one order of the layers; ArgumentError for an order that the file does not
 *   tell.
 */
export function matchKerasFile(
  model: tfl.LayersModel,
  file: KerasFile,
  { by, rename, skipMismatch }: MatchOptions,
): Match {
  if (by === 'topology') expectListedLayers(file);
  const layers = file.layerNames === 'top' ? topLayers(model) : leafLayers(model);
  const names = new Set(layers.map(({ name }) => name));
  const stored = nameStoredLayers(file, rename, names).filter(({ tensors }) => tensors.length > 0);
  const convert: ConvertLayer = (each, layer) =>
    file.format === 'legacy-h5' ? convertLegacyLayer(file, each, layer) : each.tensors;
  const fits = ({ layer, stored: from }: LayerPair): boolean => fitsLayer(layer, convert(from, layer));
  const isByName = (by ?? (namesDecide(layers, stored) ? 'name' : 'topology')) === 'name' && hasNames(stored);
  const pairing = isByName ? pairingByName : file.format === 'legacy-h5' ? pairingByPlace : pairingByClass;
  const pair = pairing({ model, file, stored, convert, rename });
  const work = new OrderWork(file.name);
  const graphs = layerGraphs(model, work);
  const own = pair(({ layers: listed }) => listed);
  // Matched by name alone: the order does not matter.
  const known = new Set<unknown>(stored);
  const isSettled = isByName && own.pairs.every((each) => known.has(each.stored));
  const alignment = isSettled
    ? own
    : alignLayers({
        graphs,
        work,
        pair,
        fits,
        evidence: evidenceIn(file, stored, graphs, leafLayers(model)),
      });
  if (!isByName) expectSameSequence(alignment, convert, file.name, model.name);
  const match = matchPairs(alignment, convert);
  // Anything that does not fit at all is refused for that reason.
  if (skipMismatch || isFit(match.report)) expectOneOrder(alignment, file.name, model.name);
  return match;
}

/** A legacy file lists its layers; the groups of a newer one come in alphabetical order. */
function expectListedLayers({ format, name }: KerasFile): void {
  if (format === 'legacy-h5') return;
  throw new ArgumentError(
    'options.by',
    `'name' for ${name}, because a ${format === 'keras-archive' ? '.keras' : '.weights.h5'} does not list its layers in order,`,
    'topology',
    'Leave `by` out: layers are found by name, or by class and number as Keras finds them. Or save the whole model as `.h5` in Keras.',
  );
}

/** True if the file, or the caller, has a name for every layer: older `.weights.h5` know class and count alone. */
function hasNames(stored: readonly NamedLayer[]): boolean {
  return stored.every(({ givenName, isRenamed }) => givenName !== undefined || isRenamed);
}

/**
 * True if names say which layer is which: file and model have the same ones, or have one in common that a program gave. Running
 * numbers (`conv2d_7`) that are not the same throughout count the layers of two programs, and those that both have mean nothing. A caller
 * who names a few of such layers says in which order they are, not that the others have names.
 */
function namesDecide(layers: readonly ModelLayer[], stored: readonly NamedLayer[]): boolean {
  const names = new Set(layers.filter(({ weights }) => weights.length > 0).map(({ name }) => name));
  const common = stored.filter(({ name }) => names.has(name));
  if (common.length === names.size && common.length === stored.length) return true;
  const given = stored.filter(({ isRenamed }) => !isRenamed);
  const areNumbered = given.every(({ name }) => runningName(name) !== undefined);
  if (areNumbered && given.length > stored.length / 2) return false;
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
