/**
 * The thread pool's half that lives in shared memory.
 *
 * A job is a number of tiles. Every thread, the main one included, claims tiles until none is left; the main thread returns when
 * all have been finished. A tile's result never depends on who computed it, so results are the same for any number of threads.
 *
 * One 64-bit ticket holds a job's generation, its tile count and the next tile to claim, so that one atomic addition tells a thread
 * both which tile is its own and whether the job is still open: a late thread can't take a tile of a job it has not read.
 */
import { runTile } from './tiles';

/** Layout of the job block, in bytes. Atomics that different threads write stand on cache lines of their own. */
const TICKET: usize = 0;
const FINISHED: usize = 64;
const WAKE: usize = 128;
const SLEEPERS: usize = 192;
const STOP: usize = 196;
const IS_WAITING: usize = 200;
const CAN_BLOCK: usize = 204; // written by the main thread: 1 where it may sleep, which browsers' may not
const KERNEL: usize = 256;
export const ARGUMENTS: usize = 260;

const TILE_BITS: u64 = 22;
const TILE_MASK: u64 = (1 << 22) - 1;

/** Polls of the ticket before a worker goes to sleep, and of the count before the main thread does: about 100 and 30 microseconds. */
const SPINS_BEFORE_SLEEP: i32 = 60000;
const SPINS_BEFORE_WAIT: i32 = 20000;

// @ts-ignore: decorator
@inline
function isOpen(ticket: u64): bool {
  return (ticket & TILE_MASK) < ((ticket >> TILE_BITS) & TILE_MASK);
}

/** Claims and computes tiles until the job has none left. */
function work(job: usize, scratch: usize): void {
  while (isOpen(atomic.load<u64>(job + TICKET))) {
    const ticket = atomic.add<u64>(job + TICKET, 1);
    if (!isOpen(ticket)) return;
    runTile(load<i32>(job + KERNEL), <i32>(ticket & TILE_MASK), job + ARGUMENTS, scratch);
    atomic.add<i32>(job + FINISHED, 1);
    if (atomic.load<i32>(job + IS_WAITING) != 0) atomic.notify(job + FINISHED, 1);
  }
}

/** Runs the job whose kernel and arguments have been written to the job block; returns when all tiles are done. */
export function runJob(job: usize, scratch: usize, tileCount: i32): void {
  const generation = (load<u64>(job + TICKET) >> (2 * TILE_BITS)) + 1;
  atomic.store<i32>(job + FINISHED, 0);
  atomic.store<u64>(job + TICKET, (generation << (2 * TILE_BITS)) | ((<u64>tileCount) << TILE_BITS));
  if (tileCount > 1) {
    atomic.add<i32>(job + WAKE, 1);
    if (atomic.load<i32>(job + SLEEPERS) > 0) atomic.notify(job + WAKE, -1);
  }
  work(job, scratch);
  waitForAll(job, tileCount);
}

/** Polls, then sleeps: on a busy machine the thread that is waited for may need this one's core. */
function waitForAll(job: usize, tileCount: i32): void {
  let spins = 0;
  let finished = atomic.load<i32>(job + FINISHED);
  while (finished < tileCount) {
    if (++spins > SPINS_BEFORE_WAIT && load<i32>(job + CAN_BLOCK) != 0) {
      atomic.store<i32>(job + IS_WAITING, 1);
      // A millisecond at most: a tile may have been finished just before the flag was up.
      atomic.wait<i32>(job + FINISHED, finished, 1_000_000);
      atomic.store<i32>(job + IS_WAITING, 0);
    }
    finished = atomic.load<i32>(job + FINISHED);
  }
}

/** A worker thread's life: it takes part in every job until told to stop. */
export function workUntilStopped(job: usize, scratch: usize): void {
  let spins = 0;
  while (atomic.load<i32>(job + STOP) == 0) {
    const wake = atomic.load<i32>(job + WAKE);
    if (isOpen(atomic.load<u64>(job + TICKET))) {
      work(job, scratch);
      spins = 0;
    } else if (++spins > SPINS_BEFORE_SLEEP) {
      atomic.add<i32>(job + SLEEPERS, 1);
      if (!isOpen(atomic.load<u64>(job + TICKET)) && atomic.load<i32>(job + STOP) == 0) {
        atomic.wait<i32>(job + WAKE, wake, -1);
      }
      atomic.sub<i32>(job + SLEEPERS, 1);
      spins = 0;
    }
  }
}

/** Makes every worker leave {@link workUntilStopped}. */
export function stopWorkers(job: usize): void {
  atomic.store<i32>(job + STOP, 1);
  atomic.add<i32>(job + WAKE, 1);
  atomic.notify(job + WAKE, -1);
}
