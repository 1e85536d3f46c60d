import { copyFile, mkdir, readFile, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

import { type Answer, contentRange, type FileHash, isZooError, Transfer, ZooError } from '@zoo/core';
import { downloadVerified, hasHash, namingPath, writeFileAtomically } from '@zoo/weights/node';

import { hubEnvironment, type HubEnvironment } from '../node/hub-environment';
import type { LoadingOptions } from '../pretrained/loading-options';

import { askHub } from './ask-hub';
import { hubAddress, type HubRepository } from './hub-repository';

const COMMIT = /^[0-9a-f]{40}$/;

/**
 * The path of a file of the Hub in the cache that Python's `huggingface_hub` has, downloaded if it is not there, with its hash checked;
 * undefined if the repository has no file of that name.
 *
 * Where the Hub does not answer or may not be asked, what was cached for this revision is taken.
 *
 * @throws ZooError 'download' where the file is unavailable.
 */
export async function hubFile(
  repository: HubRepository,
  fileName: string,
  options: LoadingOptions,
): Promise<string | undefined> {
  const environment = await hubEnvironment();
  const cache = options.cacheDirectory ?? environment.cacheDirectory;
  const folder = join(cache, `models--${repository.id.replace('/', '--')}`);
  const kept = await keptFile(folder, repository, fileName);
  // A commit never changes.
  if (kept !== undefined && COMMIT.test(repository.revision)) return kept;
  if (environment.isOffline) {
    if (kept !== undefined) return kept;
    if (await keptFile(folder, repository, 'config.json')) return undefined;
    throw new ZooError(
      'download',
      `Expected ${fileName} of ${repository.name} in ${cache} but it is not there, and HF_HUB_OFFLINE forbids requests. Unset it.`,
    );
  }
  try {
    return await currentFile(folder, repository, fileName, environment, options);
  } catch (error) {
    if (kept === undefined || !isZooError(error, 'download')) throw error;
    return kept;
  }
}

/** What an earlier download of this revision left. */
async function keptFile(
  folder: string,
  { revision }: HubRepository,
  fileName: string,
): Promise<string | undefined> {
  const commit = COMMIT.test(revision)
    ? revision
    : await readFile(join(folder, 'refs', revision), 'utf8').catch(() => '');
  if (!COMMIT.test(commit)) return undefined;
  const path = join(folder, 'snapshots', commit, fileName);
  return (await isThere(path)) ? path : undefined;
}

async function currentFile(
  folder: string,
  repository: HubRepository,
  fileName: string,
  { endpoint, authorization, mayLink }: HubEnvironment,
  options: LoadingOptions,
): Promise<string | undefined> {
  const { signal, requests } = options;
  const transfer = new Transfer({ signal, requests });
  const answer = await askHub(endpoint, repository, fileName, transfer, authorization);
  if (answer === undefined) return undefined;
  answer.cancel();
  const { commit, hash, sizeBytes } = statedFile(answer, repository);
  const path = join(folder, 'snapshots', commit, fileName);
  if (!(await hasHash(path, hash, signal))) {
    const blob = join(folder, 'blobs', hash.digest);
    await downloadVerified(hubAddress(endpoint, repository, commit, fileName), blob, hash, {
      ...options,
      ...(sizeBytes !== undefined && { sizeBytes }),
      headers: authorization,
    });
    await linkFile(blob, path, mayLink);
  }
  if (repository.revision !== commit) await writeReference(join(folder, 'refs', repository.revision), commit);
  return path;
}

/** What the Hub states of a file: of one in its large storage on the redirect there, of others with the file itself. */
function statedFile(
  { headers, redirects, announcedBytes }: Answer,
  { name }: HubRepository,
): { commit: string; hash: FileHash; sizeBytes: number | undefined } {
  const hops = [...redirects, headers];
  const stated = (header: string): string | undefined =>
    hops.map((each) => each.get(header)).find((value) => value !== null) ?? undefined;
  const commit = stated('x-repo-commit') ?? '';
  const digest = (stated('x-linked-etag') ?? stated('etag') ?? '').replace(/^W\/|"/g, '');
  if (!COMMIT.test(commit) || !/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(digest)) {
    throw new ZooError(
      'download',
      `Expected the commit and the hash of ${name}'s file but the answer states none, so that it can't be verified. Check HF_ENDPOINT, or get the file another way.`,
    );
  }
  const size = stated('x-linked-size');
  return {
    commit,
    hash: { algorithm: digest.length === 64 ? 'sha256' : 'git-sha1', digest },
    sizeBytes: size === undefined ? (contentRange(headers)?.total ?? announcedBytes) : Number(size),
  };
}

/** Puts a blob in its place in a snapshot: a relative link, as Python makes it, or a copy where there are no links. */
async function linkFile(blob: string, path: string, mayLink: boolean): Promise<void> {
  const folder = dirname(path);
  await namingPath('make the folder', folder, () => mkdir(folder, { recursive: true }));
  await namingPath('replace', path, () => rm(path, { force: true }));
  if (mayLink) {
    const code = await symlink(relative(folder, blob), path).then(
      () => 'done',
      (error: unknown) => (error as NodeJS.ErrnoException).code,
    );
    // Another process may be first. Windows lets not everybody make links.
    if (code === 'done' || code === 'EEXIST') return;
  }
  await namingPath('write', path, () => copyFile(blob, path));
}

/** Notes which commit a branch or tag is at. Somebody else's cache that can't be written to is as good without. */
async function writeReference(path: string, commit: string): Promise<void> {
  if ((await readFile(path, 'utf8').catch(() => '')) === commit) return;
  await mkdir(dirname(path), { recursive: true })
    .then(() => writeFileAtomically(path, commit))
    .catch(() => undefined);
}

const isThere = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isFile() === true;
