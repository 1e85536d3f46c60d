import type { ReadOptions } from '../option-table';

import type { REQUEST_LIMITS } from './request-limits';

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
export type FetchFollowing = (
  url: string | URL,
  init: RequestInit,
  limits: Pick<ReadOptions<typeof REQUEST_LIMITS>, 'allowPrivateRedirects'>,
) => Promise<FollowedResponse>;
