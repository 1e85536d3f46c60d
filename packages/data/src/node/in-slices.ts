import { setImmediate as nextTurn } from 'node:timers/promises';

import type { Slices } from '../image/slices';

/** How long work goes on before others have their turn. */
const TURN_MS = 15;

/** The result of `work`, which holds up nothing else for more than some milliseconds, and ends with the signal's reason when that is raised. */
export async function inSlices<Value>(work: Slices<Value>, signal: AbortSignal | undefined): Promise<Value> {
  for (;;) {
    const end = performance.now() + TURN_MS;
    do {
      const { done, value } = work.next();
      if (done === true) return value;
    } while (performance.now() < end);
    await nextTurn();
    signal?.throwIfAborted();
  }
}
