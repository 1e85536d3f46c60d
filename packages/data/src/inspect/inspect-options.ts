import { expectFunction, SIGNAL, type AnyRow, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { DECODING_OPTIONS } from '../image/decode-options';

import { LARGEST_DISTANCE } from './near-groups';

/** How far an inspection has come. */
export interface InspectProgress {
  /** Pictures that have been looked at. */
  readonly done: number;
  readonly total: number;
}

/** Options of `inspect`, as data. */
export const INSPECT_OPTIONS = {
  /**
   * Bits of 64 that the perceptual hashes of near duplicates differ in at most, by chain: 0 finds other sizes and qualities, 6 frames,
   * watermarks and other crops too, more finds pictures that are not the same. Default 6.
   */
  nearDistance: { type: 'integer', minimum: 0, maximum: LARGEST_DISTANCE, default: 6 },
  /** How files are decoded. */
  decode: { type: 'group', rows: DECODING_OPTIONS },
  /** Pictures that are read and decoded at a time. Default 4. */
  concurrency: { type: 'integer', minimum: 1, default: 4 },
  /** Called after each picture. */
  onProgress: { type: 'any', expected: 'a function', check: expectFunction } as AnyRow<
    (progress: InspectProgress) => void
  >,
  /** Aborted, the promise is rejected with its reason. */
  signal: SIGNAL,
} as const satisfies OptionTable;

/** Options of `inspect`. */
export interface InspectOptions extends OptionsOf<typeof INSPECT_OPTIONS> {}
