import { expectKnownOptions, expectNumber } from '../arguments';
import { ArgumentError } from '../errors';

/** How long to wait for a server, and what to take from it. Times are what a reader waits, without what it does in between. */
export interface RequestLimits {
  /** The longest that a server may keep silent, in milliseconds. Default 30,000. */
  idleTimeoutMs?: number;
  /**
   * The longest to wait in all, in milliseconds. Default a minute, and a second more for each request and for each 16 KiB that
   * arrives: long for a large file, short for a server that drips.
   */
  totalTimeoutMs?: number;
  /**
   * The most bytes that are taken at once of a body, unpacked; a file that is read by ranges may be larger. Default 1 GiB if the
   * server announces the size, 256 MiB if it does not.
   */
  maximumBytes?: number;
  /** Follows a public address to a private one (this machine, the local network), outside browsers. Default false. */
  allowPrivateRedirects?: boolean;
}

/** Names of {@link RequestLimits}. */
const KNOWN = [
  'idleTimeoutMs',
  'totalTimeoutMs',
  'maximumBytes',
  'allowPrivateRedirects',
] as const satisfies readonly (keyof RequestLimits)[];

/** Throws ArgumentError for limits that make no sense. */
export function expectRequestLimits(limits: RequestLimits): void {
  const given: unknown = limits;
  if (typeof given !== 'object' || given === null) {
    throw new ArgumentError('options.requests', 'an object of limits', given);
  }
  expectKnownOptions('options.requests', limits, KNOWN);
  for (const name of ['idleTimeoutMs', 'totalTimeoutMs', 'maximumBytes'] as const) {
    if (limits[name] === undefined) continue;
    expectNumber(`options.requests.${name}`, limits[name], { minimum: 0, exclusiveMinimum: true });
  }
}
