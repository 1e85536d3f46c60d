import { Transfer } from '@zoo/core';

import type { LoadingOptions } from '../pretrained/loading-options';

import { askHub } from './ask-hub';
import { hubAddress, type HubRepository } from './hub-repository';

const ENDPOINT = 'https://huggingface.co';

/** The address of a file of a public repository, which is read from there by ranges; undefined if the repository has none of that name. */
export async function hubFile(
  repository: HubRepository,
  fileName: string,
  { signal, requests }: LoadingOptions,
): Promise<string | undefined> {
  const answer = await askHub(ENDPOINT, repository, fileName, new Transfer({ signal, requests }));
  answer?.cancel();
  return answer && hubAddress(ENDPOINT, repository, repository.revision, fileName);
}
