import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { ArgumentError, ZooError } from '@zoo/core';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where Python's `huggingface_hub` keeps files, and whom it asks for them: by the same variables and files (its `constants.py`). */
export interface HubEnvironment {
  /** `$HF_ENDPOINT`, without a slash at the end. */
  readonly endpoint: string;
  /** `$HF_HUB_CACHE`, or `hub` in Hugging Face's folder. */
  readonly cacheDirectory: string;
  /** True where `$HF_HUB_OFFLINE` forbids to ask. */
  readonly isOffline: boolean;
  /** False where `$HF_HUB_DISABLE_SYMLINKS` forbids links. */
  readonly mayLink: boolean;
  /** What lets the reader in, as a header; no header without a token. */
  readonly authorization: Readonly<Record<string, string>>;
}

/**
 * Reads the environment.
 *
 * @throws ArgumentError for an `$HF_ENDPOINT` that is no address; ZooError 'invalid-file' for a token that can't be one. The token is not shown.
 */
export async function hubEnvironment(environment: Environment = process.env): Promise<HubEnvironment> {
  const home = fromHome(
    environment['HF_HOME'] ?? join(environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'huggingface'),
  );
  const cache = environment['HF_HUB_CACHE'] ?? environment['HUGGINGFACE_HUB_CACHE'] ?? join(home, 'hub');
  const isSet = (name: string): boolean => /^(1|on|yes|true)$/i.test(environment[name] ?? '');
  const token = isSet('HF_HUB_DISABLE_IMPLICIT_TOKEN') ? undefined : await tokenOf(environment, home);
  return {
    endpoint: endpointOf(environment),
    cacheDirectory: fromHome(cache),
    isOffline: isSet('HF_HUB_OFFLINE') || isSet('TRANSFORMERS_OFFLINE'),
    mayLink: !isSet('HF_HUB_DISABLE_SYMLINKS'),
    authorization: token === undefined ? {} : { Authorization: `Bearer ${token}` },
  };
}

function endpointOf({ HF_ENDPOINT: given = 'https://huggingface.co' }: Environment): string {
  if (URL.canParse(given) && /^https?:$/.test(new URL(given).protocol)) return given.replace(/\/+$/, '');
  throw new ArgumentError('HF_ENDPOINT', 'an http or https address', given);
}

async function tokenOf(environment: Environment, home: string): Promise<string | undefined> {
  const path = fromHome(environment['HF_TOKEN_PATH'] ?? join(home, 'token'));
  const given = environment['HF_TOKEN'] || environment['HUGGING_FACE_HUB_TOKEN'];
  const token = (given ?? (await readFile(path, 'utf8').catch(() => ''))).trim();
  if (token === '') return undefined;
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  // Sent as it is, `fetch` would refuse it with an error that shows the token.
  throw new ZooError(
    'invalid-file',
    `Expected a token of one line without spaces in ${given ? 'HF_TOKEN' : path} but found something else. Log in again: hf auth login.`,
  );
}

const fromHome = (path: string): string => path.replace(/^~(?=$|[\\/])/, () => homedir());
