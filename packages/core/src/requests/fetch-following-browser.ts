import type { FetchFollowing } from './fetch-following';

/** The browser follows, and keeps pages from private addresses by rules of its own. */
export const fetchFollowing: FetchFollowing = async (url, init) => {
  const response = await fetch(url, init);
  return { response, address: response.url, redirects: [] };
};
