import { cutText } from '../errors';

/** Longest part of an address that a message shows. */
const SHOWN_CHARACTERS = 200;

/** An address for a message: shortened, without a password, with control characters escaped. */
export function shownAddress(address: string | URL): string {
  const text = String(address).replace(/^(\w+:\/\/)[^/?#@]*@/, '$1');
  return cutText(text, SHOWN_CHARACTERS).replace(/[\0-\x1f\x7f-\x9f]/g, encodeURIComponent);
}
