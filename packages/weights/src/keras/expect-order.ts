import { ZooError } from '@zoo/core';

import type { Alignment, LayerPair, Pairing } from '../model/align-layers';
import { fitsLayer, type ConvertLayer } from '../model/match-weights';
import { runningName } from '../model/order-evidence';

import { snakeCase } from './class-paths';

/**
 * Throws unless the layers that were paired by their order are of one class each, as far as names and shapes tell, and as many on both
 * sides, or all fit that both sides have: anything else would load weights into layers that they are not of.
 */
export function expectSameSequence(
  { pairs, missing, unexpected }: Pairing,
  convert: ConvertLayer,
  fileName: string,
  modelName: string,
): void {
  const strange = pairs.find((pair) => !isOfOneKind(pair, convert));
  const isShort =
    missing.length + unexpected.length > 0 &&
    !pairs.every(({ layer, stored }) => fitsLayer(layer, convert(stored, layer)));
  if (strange === undefined && !isShort) return;
  const [inModel, inFile] = [pairs.length + missing.length, pairs.length + unexpected.length];
  const problem =
    strange === undefined
      ? `it holds ${inFile} layers with weights where the model has ${inModel}`
      : `there '${strange.stored.name}' of the file stands where the model has '${strange.layer.name}', a ${strange.layer.layer.getClassName()}`;
  throw new ZooError(
    'weights-mismatch',
    `Expected the layers in ${fileName} to be those of the model '${modelName}' in order, because their names differ, but ${problem}. ` +
      'The model is unchanged. Build the network that the file is of, or pass `rename` to load by name.',
  );
}

/** Throws if more than one order of the file's layers fits. */
export function expectOneOrder({ doubt }: Alignment, fileName: string, modelName: string): void {
  if (doubt === undefined) return;
  const { stored, choices, merge } = doubt;
  const [first, second] = choices.map(({ name }) => name) as [string, string];
  throw new ZooError(
    'weights-mismatch',
    `Expected one order of the layers in ${fileName} to fit the model '${modelName}' but ${stored.name} could be ${first} or ${second}: ` +
      `both ways lead to ${merge}, and nothing in the file says which it took first. The model is unchanged. ` +
      `Say which it is with \`rename\`: ${stored.name} is ${first}, or ${stored.name} is ${second}. The program that wrote the file tells.`,
  );
}

function isOfOneKind({ layer, stored }: LayerPair, convert: ConvertLayer): boolean {
  const expected = runningName(snakeCase(layer.layer.getClassName()))?.className;
  const found = runningName(stored.name)?.className;
  if (expected !== undefined && found !== undefined && expected !== found) return false;
  return ranks(layer.weights.map(({ variable }) => variable)) === ranks(convert(stored, layer));
}

/** How many weights there are, and of how many dimensions each. */
function ranks(weights: readonly { readonly shape: readonly unknown[] }[]): string {
  return weights
    .map(({ shape }) => shape.length)
    .sort()
    .join();
}
