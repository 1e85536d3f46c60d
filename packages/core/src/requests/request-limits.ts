import type { OptionsOf, OptionTable } from '../option-table';

const ABOVE_ZERO = { type: 'number', minimum: 0, exclusiveMinimum: true } as const;

/** The options of {@link RequestLimits}. */
export const REQUEST_LIMITS = {
  /** The longest that a server may keep silent, in milliseconds. Default 30,000. */
  idleTimeoutMs: { ...ABOVE_ZERO, default: 30_000 },
  /**
   * The longest to wait in all, in milliseconds. Default a minute, and a second more for each request and for each 16 KiB that
   * arrives: long for a large file, short for a server that drips.
   */
  totalTimeoutMs: ABOVE_ZERO,
  /**
   * The most bytes that are taken at once of a body, unpacked; a file that is read by ranges may be larger. Default 1 GiB if the
   * server announces the size, 256 MiB if it does not.
   */
  maximumBytes: ABOVE_ZERO,
  /** Follows a public address to a private one (this machine, the local network), outside browsers. Default false. */
  allowPrivateRedirects: { type: 'boolean', default: false },
} as const satisfies OptionTable;

/** How long to wait for a server and how many bytes to take. Times count only waiting, not what the reader does in between. */
export interface RequestLimits extends OptionsOf<typeof REQUEST_LIMITS> {}
