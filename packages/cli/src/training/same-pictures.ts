import { fingerprintOf, ZooError } from '@zoo/core';
import type { ImageSet } from '@zoo/data';
import type { Communicator } from '@zoo/train/distributed';

import type { DataSets } from './data-sets';

/**
 * Throws, on all ranks, unless all of them have the same pictures: a rank takes its part of a batch by places in the list, wherever its
 * folder lies.
 *
 * @throws ZooError `communicator` that names the first rank with other pictures and what it lacks or has beyond rank 0's.
 */
export async function expectSamePictures(
  { train, validation }: DataSets,
  ranks: Communicator,
): Promise<void> {
  if (ranks.size === 1) return;
  const own = [train, validation].flatMap(pictureNames);
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

/** `cat/1.jpg`, or `pictures/1.jpg as cat`, of each picture. */
function pictureNames({ classNames, examples }: ImageSet): string[] {
  return examples.map(({ path, label, labels = [label] }) => {
    const name = path.split(/[/\\]/).slice(-2).join('/');
    const classes = labels.map((index) => classNames[index]).join(' and ');
    return name.startsWith(`${classes}/`) ? name : `${name} as ${classes}`;
  });
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
