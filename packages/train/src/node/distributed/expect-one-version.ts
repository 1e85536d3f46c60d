import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { ZooError } from '@zoo/core';

import type { Communicator } from './communicator';

/**
 * Throws, on all ranks, unless all run one version of what this file is part of: of two versions one may send what the other does not expect.
 *
 * @param own Name and version. Default: those of this package, or of the program that it was bundled into.
 * @throws ZooError `communicator` that names the first rank with another version.
 */
export async function expectOneVersion(
  ranks: Pick<Communicator, 'gatherValues' | 'host'>,
  own: string | undefined = ownVersion(),
): Promise<void> {
  const all = await ranks.gatherValues({ host: ranks.host, version: own });
  const [first] = all;
  const other = all.findIndex(({ version }) => version !== first!.version);
  if (other === -1) return;
  const describe = (rank: number): string => {
    const { host, version = 'an unknown version' } = all[rank]!;
    return `${version} on rank ${rank} (${host})`;
  };
  throw new ZooError(
    'communicator',
    `Expected one version on all ranks but received ${describe(0)} and ${describe(other)}. Install the same one on all machines.`,
  );
}

/** Name and version in the nearest package.json above this file. */
function ownVersion(): string | undefined {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    if (folder === dirname(folder)) return undefined;
    folder = dirname(folder);
  }
  const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const { name = 'a program', version = 'of no version' } = manifest as { name?: string; version?: string };
  return `${name} ${version}`;
}
