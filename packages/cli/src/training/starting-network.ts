import { stat } from 'node:fs/promises';

import type * as tfl from '@tensorflow/tfjs-layers';
import {
  isZooError,
  modelMetadata,
  PIXEL_NORMALIZATIONS,
  type PixelNormalization,
  type PixelNormalizationMode,
  type Preprocessing,
} from '@zoo/core';
import {
  identifyModel,
  identifyNetwork,
  loadNetwork,
  type NetworkIdentity,
  type ShortcutOption,
  type StemName,
  type VariantName,
} from '@zoo/resnet';
import { inspectWeights } from '@zoo/weights/node';

import type { CommandIo } from '../command-io';
import { openModel, publishedEntry } from '../models/open-model';

/** A network that training starts from, and what it says of itself. */
export interface StartingNetwork {
  /** The caller's to dispose. */
  readonly model: tfl.LayersModel;
  /** Which network of the family it is; undefined for one of another program. */
  readonly identity: NetworkIdentity | undefined;
  readonly preprocessing: Partial<Preprocessing>;
}

/** What the user settles of a network whose file leaves it open. */
export interface StructureOptions {
  variant?: VariantName | null;
  stem?: StemName | null;
  shortcut?: ShortcutOption | null;
}

/**
 * Opens what `--weights` means: a run, a saved model, a file of weights of any kind, or published weights.
 *
 * @throws ZooError if there is none, or if a file of weights leaves open what it is and `options` do too.
 */
export async function openStartingNetwork(
  weights: string,
  { variant, stem, shortcut }: StructureOptions,
  io: CommandIo,
): Promise<StartingNetwork> {
  const given = {
    ...(variant != null && { variant }),
    ...(stem != null && { stem }),
    ...(shortcut != null && { shortcut }),
  };
  const model = (await holdsWeightsAlone(weights))
    ? await loadNetwork(weights, {
        ...given,
        // A classifier of several layers is replaced as a whole.
        ...((await identifyNetwork(weights)).hasOtherHead && { includeTop: false }),
      })
    : await openModel(weights, io, {}, '--weights');
  const identity = identityOf(model);
  const told = modelMetadata(model)?.preprocessing ?? {};
  const suggested =
    identity?.normalization === undefined ? undefined : PIXEL_NORMALIZATIONS[identity.normalization];
  return { model, identity, preprocessing: { ...(suggested && { normalization: suggested }), ...told } };
}

async function holdsWeightsAlone(path: string): Promise<boolean> {
  if (publishedEntry(path) !== undefined) return false;
  const isFile = await stat(path).then(
    (status) => status.isFile(),
    () => false,
  );
  if (!isFile || path.endsWith('.json')) return false;
  return (await inspectWeights(path)).architecture === undefined;
}

function identityOf(model: tfl.LayersModel): NetworkIdentity | undefined {
  try {
    return identifyModel(model);
  } catch (error) {
    if (isZooError(error, 'unsupported')) return undefined;
    throw error;
  }
}

/** Height and width that the network was trained on or reads; undefined if both are open. */
export function startingSize({
  model,
  preprocessing,
}: StartingNetwork): Preprocessing['imageSize'] | undefined {
  const [, height, width] = model.inputs[0]!.shape;
  if (typeof height === 'number' && typeof width === 'number') return [height, width];
  return preprocessing.imageSize;
}

/** The name of a normalization that has one. */
export function normalizationName(
  normalization: PixelNormalization,
): PixelNormalizationMode | PixelNormalization {
  const entries = Object.entries(PIXEL_NORMALIZATIONS) as [PixelNormalizationMode, PixelNormalization][];
  const values = ({ channelOrder, divisor, mean, standardDeviation }: PixelNormalization): string =>
    JSON.stringify([channelOrder, divisor, mean, standardDeviation]);
  return entries.find(([, each]) => values(each) === values(normalization))?.[0] ?? normalization;
}
