import { existsSync } from 'node:fs';

import type * as tfl from '@tensorflow/tfjs-layers';
import { openModel as openAny, type NetworkOptions } from '@zoo/classify';
import { ArgumentError, nearestName } from '@zoo/core';
import { resnetNames, type PretrainedEntry } from '@zoo/resnet';
import { pretrainedEntries } from '@zoo/resnet/catalogue';

import { noteLine, type CommandIo } from '../command-io';

import { SHIPPED_MODEL, shippedWeights } from './shipped-model';

/**
 * The model that `place` means, with its class names and preprocessing: a run's folder, a saved model, a file of any kind, an address,
 * `idenprof`, published weights by their name, or a model of the Hugging Face Hub (`hf:user/repository`). The caller disposes it.
 *
 * @param network What the user says of the network, where a file of weights alone leaves it open.
 * @param argument What the user calls the place, for the error.
 * @throws ArgumentError if it is none of these: it suggests the nearest name.
 */
export async function openModel(
  place: string,
  io: CommandIo,
  { variant, stem, shortcut, imageSize }: NetworkOptions = {},
  argument = '<model>',
): Promise<tfl.LayersModel> {
  const isHere = existsSync(place);
  const source = isHere ? place : (shippedWeights(place) ?? publishedEntry(place));
  const isHub = !isHere && isHubName(place);
  if (source === undefined && !isHub && !/^(https?|file):/i.test(place)) throw nothingThere(place, argument);
  const entry = typeof source === 'object' && 'url' in source ? source : undefined;
  let isNoted = false;
  return openAny(source ?? place, {
    ...(variant && { variant }),
    ...(stem && { stem }),
    ...(shortcut && { shortcut }),
    ...(imageSize && { imageSize }),
    onProgress: () => {
      if (isNoted || (entry === undefined && !isHub)) return;
      isNoted = true;
      if (entry === undefined) {
        noteLine(io, `${place}: downloading`);
        return;
      }
      const size = entry.sizeBytes === undefined ? '' : `, ${Math.round(entry.sizeBytes / 1e6)} MB`;
      noteLine(io, `${entry.name}: downloading ${entry.url}${size}`);
    },
  });
}

/** Whether `place` names weights, published ones, the Hub's or those that come along, and no file or folder here. */
export function isModelName(place: string): boolean {
  if (existsSync(place)) return false;
  return isHubName(place) || shippedWeights(place) !== undefined || publishedEntry(place) !== undefined;
}

const isHubName = (place: string): boolean => place.startsWith('hf:');

/** The published weights called `name`, `resnet50.keras_in1k` or `resnet50` for a network's first, unless that is a file or folder here. */
export function publishedEntry(name: string): PretrainedEntry | undefined {
  if (existsSync(name)) return undefined;
  const entries = pretrainedEntries();
  return (
    entries.find((entry) => entry.name === name) ?? entries.find((entry) => entry.name.split('.')[0] === name)
  );
}

function nothingThere(place: string, argument: string): ArgumentError {
  const names = pretrainedEntries().map(({ name }) => name);
  const openable = [SHIPPED_MODEL, ...names];
  const nearest = /[/\\]/.test(place) ? undefined : nearestName(place, [...openable, ...resnetNames()]);
  const isNetwork = nearest !== undefined && !openable.includes(nearest);
  return new ArgumentError(
    argument,
    'a saved model or the name of published weights',
    place,
    nearest === undefined || isNetwork
      ? 'There is no such file or folder. zoo models lists what is published.'
      : `Did you mean '${nearest}'?`,
  );
}
