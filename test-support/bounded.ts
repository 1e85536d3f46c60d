import { readFileSync, writeFileSync } from 'node:fs';

import { isZooError } from '@zoo/core';
import { expect } from 'vitest';

/** What a stranger's file may take, of the processor, whatever else the machine does, and in memory above what the process held before. */
const LONGEST_SECONDS = 2;
/** What {@link yardstickSeconds} takes of the processor on which the bound in seconds was chosen; a slower one is given longer. */
const YARDSTICK_SECONDS = 0.13;
const LARGEST_GROWTH_BYTES = 512 * 1024 * 1024;
/** By the clock, which a file that waits for something would pass; a machine with much else to do takes long too. */
const LONGEST_WAIT_MS = 60_000;

/**
 * How `work` ends: its value, or the error of ours that it throws. Fails where it takes longer or, at any time, more memory than a stranger's
 * file may, or ends in any other error. What processes that it starts take is not seen.
 *
 * @param longestSeconds Of the processor. Default 2.
 */
export async function bounded<Value>(
  work: () => Promise<Value>,
  longestSeconds = LONGEST_SECONDS,
): Promise<Value | Error> {
  const [start, used, held] = [performance.now(), process.cpuUsage(), startPeak()];
  const outcome = await work().catch((caught: unknown) => {
    if (isZooError(caught)) return caught;
    throw new Error('not an error of ours', { cause: caught });
  });
  const { user, system } = process.cpuUsage(used);
  const seconds = (user + system) / 1e6;
  const slowness = seconds < longestSeconds ? 1 : Math.max(1, yardstickSeconds() / YARDSTICK_SECONDS);
  expect(seconds / slowness, 'seconds of the processor').toBeLessThan(longestSeconds);
  expect(performance.now() - start, 'milliseconds').toBeLessThan(LONGEST_WAIT_MS);
  expect(peak() - held, 'bytes').toBeLessThan(LARGEST_GROWTH_BYTES);
  return outcome;
}

/** The error of ours that `work` ends with, within the bounds of {@link bounded}. */
export async function boundedError(work: () => Promise<unknown>, longestSeconds?: number): Promise<Error> {
  const outcome = await bounded(work, longestSeconds);
  expect(isZooError(outcome), 'an error').toBe(true);
  return outcome as Error;
}

/** How long this processor takes now for a piece of work that is always the same: logarithms, and a pass over more memory than its caches hold. */
function yardstickSeconds(): number {
  const values = new Float64Array(4_000_000);
  const started = process.cpuUsage();
  for (let pass = 0; pass < 3; pass += 1) {
    for (let index = 0; index < values.length; index += 1) values[index]! += Math.log(index + pass + 1);
  }
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1e6;
}

/** Begins to watch for the most memory that this process holds, and says what it holds now. Only Linux can: elsewhere it is the end that counts. */
function startPeak(): number {
  if (process.platform === 'linux') writeFileSync('/proc/self/clear_refs', '5');
  return process.memoryUsage().rss;
}

function peak(): number {
  if (process.platform !== 'linux') return process.memoryUsage().rss;
  return 1024 * Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]);
}
