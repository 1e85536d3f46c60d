import { type Answer, type Transfer, ZooError } from '@zoo/core';

import { hubAddress, type HubRepository } from './hub-repository';

/** What a Hub answers where it has no such file, or not for everybody. */
const REFUSALS: readonly number[] = [401, 403, 404];

/**
 * What the Hub says of a file, without its content: the answer is to be cancelled.
 *
 * @returns undefined if the repository has no file of that name.
 * @throws ZooError 'download' for a repository or revision that there is not, or not for this reader.
 */
export async function askHub(
  endpoint: string,
  repository: HubRepository,
  fileName: string,
  transfer: Transfer,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer | undefined> {
  const { name, revision } = repository;
  const address = hubAddress(endpoint, repository, revision, fileName);
  const answer = await transfer.request(address, { ...headers, Range: 'bytes=0-0' }, REFUSALS);
  if (!REFUSALS.includes(answer.status)) return answer;
  answer.cancel();
  const code = [...answer.redirects, answer.headers].map((each) => each.get('x-error-code')).find(Boolean);
  if (code === 'RevisionNotFound') {
    throw new ZooError(
      'download',
      `Expected ${name} to have the revision '${revision}' but it has none of that name. Check it.`,
    );
  }
  if (code === 'GatedRepo' || answer.status === 403) {
    throw new ZooError(
      'download',
      `Expected ${name} to be public but its owner grants access on request. Ask for access at ${endpoint}/${repository.id}, and set HF_TOKEN to your token.`,
    );
  }
  // Without a token, the Hub answers alike for a missing and for a private repository.
  if (code === 'RepoNotFound' || answer.status === 401) {
    throw new ZooError(
      'download',
      `Expected the repository ${repository.id} at ${endpoint} but there is none, or it is private. Check the name; for a private one set HF_TOKEN to your token.`,
    );
  }
  return undefined;
}
