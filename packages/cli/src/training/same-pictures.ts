import { fingerprintOf, ZooError } from '@zoo/core';
import type { Communicator } from '@zoo/train/distributed';

import type { DataSets } from './data-sets';
import { pictureName } from './picture-name';
import { expectSameContents } from './same-contents';

/**
 * Throws, on all ranks, unless all of them have the same pictures: a rank takes its part of a batch by places in the list, wherever its
 * folder lies. All names are compared, and contents by a sample: see {@link expectSameContents}.
 *
 * @throws ZooError `communicator` that names the first rank with other pictures and what it lacks or has beyond rank 0's.
 */
export async function expectSamePictures(sets: DataSets, ranks: Communicator): Promise<void> {
  if (ranks.size === 1) return;
  await expectSameNames(sets, ranks);
  await expectSameContents(sets, ranks);
}

async function expectSameNames({ train, validation }: DataSets, ranks: Communicator): Promise<void> {
  const own = [train, validation].flatMap((set) => set.examples.map((example) => pictureName(set, example)));
  const all = await ranks.gatherValues({ host: ranks.host, fingerprint: fingerprintOf(own) });
  const other = all.findIndex(({ fingerprint }) => fingerprint !== all[0]!.fingerprint);
  if (other === -1) return;
  const expected = await ranks.broadcastValue(own);
  const difference = await ranks.broadcastValue(describeDifference(own, expected), other);
  throw new ZooError(
    'communicator',
    `Rank ${other} on ${all[other]!.host} has other pictures than rank 0: ${difference}. Give all machines the same pictures.`,
  );
}

function describeDifference(own: readonly string[], expected: readonly string[]): string {
  const [has, needs] = [new Set(own), new Set(expected)];
  const lacking = expected.filter((name) => !has.has(name));
  const further = own.filter((name) => !needs.has(name));
  const clauses = [
    ...(lacking.length === 0 ? [] : [`it lacks ${describeNames(lacking)}`]),
    ...(further.length === 0 ? [] : [`it alone has ${describeNames(further)}`]),
  ];
  return clauses.length === 0 ? 'they come in another order' : clauses.join(', and ');
}

function describeNames([first, ...more]: readonly string[]): string {
  return more.length === 0 ? first! : `${first} and ${more.length} more`;
}
