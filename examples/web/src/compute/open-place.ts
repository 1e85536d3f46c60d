import { openClassifier, type Classifier, type ModelSource } from '@zoo/classify';
import { Transfer } from '@zoo/core';

import { MODEL_FILE, type ModelPlace, type ModelReading } from './compute-types';

/** Opens the model at a place; `onProgress` hears the share that has been read, from 0 to 1. */
export async function openPlace(
  place: ModelPlace,
  { classNames, ...preprocessing }: ModelReading,
  onProgress: (fraction: number) => void,
): Promise<Classifier> {
  const source = await sourceOf(place, onProgress);
  return openClassifier(source, {
    onProgress,
    ...(classNames !== undefined && { classNames }),
    ...(Object.keys(preprocessing).length > 0 && { preprocessing }),
  });
}

/** A title for people. */
export function titleOf(place: ModelPlace): string {
  if (place.kind === 'professions') return 'Professions';
  if (place.kind === 'files') return place.title;
  return place.address.split(/[?#]/)[0]!.replace(/\/+$/, '').split('/').pop()!;
}

async function sourceOf(place: ModelPlace, onProgress: (fraction: number) => void): Promise<ModelSource> {
  if (place.kind === 'files') return place.files;
  const { address } = place;
  return /^https?:/i.test(address) && MODEL_FILE.test(new URL(address).pathname)
    ? fetchFile(address, onProgress)
    : address;
}

/** Takes a whole file at once, by the limits of the zoo's downloads, which tells how far it has come whatever kind it is. */
async function fetchFile(address: string, onProgress: (fraction: number) => void): Promise<Uint8Array> {
  const answer = await new Transfer().request(address);
  const { announcedBytes } = answer;
  return answer.bytes({
    onReceived: (bytes) => {
      if (announcedBytes !== undefined) onProgress(Math.min(1, bytes / announcedBytes));
    },
  });
}
