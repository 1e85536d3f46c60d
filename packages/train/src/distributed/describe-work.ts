import type { RankWork } from '../history';

/** A rank that works so many times the median is one that the others wait for. */
const STRAGGLES = 1.2;

/**
 * How long the ranks worked in an epoch, in a line: `ranks: 10.1 to 14.2 s of work; rank 3 on node07 took 1.40 times the median`.
 *
 * The slowest ones are named where they take over 1.2 times the median.
 */
export function describeWork(ranks: readonly RankWork[]): string {
  const times = ranks.map(({ workMs }) => workMs).sort((left, right) => left - right);
  const median = (times[(times.length - 1) >> 1]! + times[times.length >> 1]!) / 2;
  const seconds = (ms: number): string => (ms / 1000).toFixed(1);
  const stragglers = ranks
    .filter(({ workMs }) => workMs > STRAGGLES * median)
    .sort((left, right) => right.workMs - left.workMs)
    .slice(0, 3)
    .map(
      ({ rank, host, workMs }) =>
        `; rank ${rank} on ${host} took ${(workMs / median).toFixed(2)} times the median`,
    );
  return `ranks: ${seconds(times[0]!)} to ${seconds(times.at(-1)!)} s of work${stragglers.join('')}`;
}
