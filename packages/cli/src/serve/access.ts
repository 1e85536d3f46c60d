import { createHash, timingSafeEqual } from 'node:crypto';

import { Refusal } from './refusal';

/** True for an address that other machines can't reach. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i.test(host);
}

/** Compares a request's bearer token with the server's in a time that tells nothing of it. */
export function tokenCheck(token: string): (authorization: string | undefined) => void {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const expected = digest(token);
  return (authorization) => {
    const [, given] = /^Bearer +(\S+) *$/i.exec(authorization ?? '') ?? [];
    if (given !== undefined && timingSafeEqual(digest(given), expected)) return;
    throw new Refusal(401, 'Expected `Authorization: Bearer <token>` with the token of this server.');
  };
}

/**
 * Refuses what a page of another site sends from a user's browser: another `Origin`, and, on an address of this machine alone, another
 * host name than this machine's (a name of the page's own that was pointed here).
 */
export function expectOwnSite(
  host: string | undefined,
  origin: string | undefined,
  isLocalOnly: boolean,
): void {
  const name = host?.replace(/:\d+$/, '') ?? '';
  if (isLocalOnly && !isLoopback(name))
    throw new Refusal(421, 'Expected localhost as the host of the request.');
  if (origin === undefined) return;
  if (!URL.canParse(origin) || new URL(origin).host !== host)
    throw new Refusal(403, 'Expected a request of no other site: the origin is not this server.');
}
