import { ZooError } from '../errors';

import type { FetchFollowing } from './fetch-following';
import { canTellPrivateHosts, isPrivateHost } from './private-host';
import { shownAddress } from './shown-address';

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
const MAXIMUM_REDIRECTS = 10;

/** In Node it is the zoo that follows; in runtimes like it that can't tell private addresses, their own `fetch`. */
export const fetchFollowing: FetchFollowing = async (url, init, { allowPrivateRedirects }) => {
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
};

function refused(
  url: string | URL,
  problem: string,
  advice = 'Give the address of the file itself.',
): ZooError {
  return new ZooError('download', `Expected a file at ${shownAddress(url)} but ${problem}. ${advice}`);
}
