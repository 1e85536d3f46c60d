import { setImmediate } from 'node:timers/promises';

/** A request takes several turns from its connection to where it is counted. */
const QUIET_TURNS = 16;

/**
 * Lets the event loop turn until `count` has stood still for some turns, or for `limitMs`.
 *
 * An engine that computes on this thread lets nothing in meanwhile, and the loop accepts one new connection a turn. How much comes is bounded
 * by what counts: an admission takes no more than its limits.
 */
export async function letIn(count: () => number, limitMs = Infinity): Promise<void> {
  const end = performance.now() + limitMs;
  let before = count();
  for (let quietTurns = 0; quietTurns < QUIET_TURNS && performance.now() < end; quietTurns++) {
    await setImmediate();
    if (count() === before) continue;
    before = count();
    quietTurns = 0;
  }
}
