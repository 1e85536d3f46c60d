import { ZooError } from '../errors';
import type { ReadOptions } from '../option-table';

import { canTellPrivateHosts, isPrivateHost } from './private-host';
import type { REQUEST_LIMITS } from './request-limits';
import { shownAddress } from './shown-address';

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
const MAXIMUM_REDIRECTS = 10;

/** An answer, and the address that gave it. */
export interface FollowedResponse {
  readonly response: Response;
  readonly address: string;
  /** Headers of the redirects on the way, the first one's first; none in browsers, which hide them. */
  readonly redirects: readonly Headers[];
}

/**
 * The global `fetch`, whose redirects lead to http and https only, and from a public address to a private one only where that is
 * allowed. In browsers it is the browser that follows, by its own rules. A redirect to another origin gets no `authorization`: what lets a
 * reader in there is nobody else's business.
 *
 * A name is resolved to see whether it is private, and again to connect: a name server that answers otherwise the second time is
 * not caught.
 *
 * @throws ZooError 'download' for a redirect that is not followed.
 */
export async function fetchFollowing(
  url: string | URL,
  init: RequestInit,
  { allowPrivateRedirects }: Pick<ReadOptions<typeof REQUEST_LIMITS>, 'allowPrivateRedirects'>,
): Promise<FollowedResponse> {
  if (!canTellPrivateHosts()) {
    const response = await fetch(url, init);
    return { response, address: response.url, redirects: [] };
  }
  let address = new URL(url);
  const headers = new Headers(init.headers);
  const redirects: Headers[] = [];
  for (let hops = 0; ; hops++) {
    const response = await fetch(address, { ...init, headers, redirect: 'manual' });
    const location = response.headers.get('location');
    if (!REDIRECTS.includes(response.status) || location === null) {
      return { response, address: address.href, redirects };
    }
    response.body?.cancel().catch(() => undefined);
    if (hops === MAXIMUM_REDIRECTS) throw refused(url, 'it leads on and on');
    const target = URL.canParse(location, address.href) ? new URL(location, address) : undefined;
    if (target === undefined || !/^https?:$/.test(target.protocol)) {
      throw refused(url, `it leads to ${shownAddress(target ?? location)}, which is no http address`);
    }
    const isFromOutside = !allowPrivateRedirects && !(await isPrivateHost(new URL(url).hostname));
    if (isFromOutside && (await isPrivateHost(target.hostname))) {
      const advice = 'Allow it with `allowPrivateRedirects` if that is meant.';
      throw refused(url, `it leads to the private address ${shownAddress(target)}`, advice);
    }
    if (target.origin !== address.origin) headers.delete('authorization');
    redirects.push(response.headers);
    address = target;
  }
}

function refused(
  url: string | URL,
  problem: string,
  advice = 'Give the address of the file itself.',
): ZooError {
  return new ZooError('download', `Expected a file at ${shownAddress(url)} but ${problem}. ${advice}`);
}
