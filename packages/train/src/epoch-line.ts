import type { EpochRecord } from './history';

/** An epoch, counted from 1, and its metrics as a line of JSON; a value that is not finite is null. */
export function epochLine({ epoch, step, metrics, durationMs }: EpochRecord): string {
  return JSON.stringify({ epoch: epoch + 1, step, durationMs: Math.round(durationMs), ...metrics });
}
