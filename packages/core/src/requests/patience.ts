import type { ReadOptions } from '../option-table';

import type { REQUEST_LIMITS } from './request-limits';

const BASE_MS = 60_000;
const REQUEST_MS = 1000;
const BYTES_PER_MS = 16;

/** The time that several requests share: how long was waited, and how much waiting what arrived has earned. */
export class Patience {
  private waits = 0;
  private since = 0;
  private spentMs = 0;
  private earnedMs = 0;

  constructor(private readonly limits: ReadOptions<typeof REQUEST_LIMITS>) {}

  /** How long the next wait may take, and what to say when it is over. */
  nextWait(): { ms: number; words: string } {
    const { idleTimeoutMs: idleMs, totalTimeoutMs } = this.limits;
    const totalMs = totalTimeoutMs ?? BASE_MS + this.earnedMs;
    const running = this.waits === 0 ? 0 : performance.now() - this.since;
    const leftMs = Math.max(0, totalMs - this.spentMs - running);
    return leftMs < idleMs
      ? { ms: leftMs, words: `it took more than ${inSeconds(totalMs)} in all (\`totalTimeoutMs\`)` }
      : { ms: idleMs, words: `nothing came for ${inSeconds(idleMs)} (\`idleTimeoutMs\`)` };
  }

  begin(): void {
    if (this.waits++ === 0) this.since = performance.now();
  }

  end(): void {
    if (--this.waits === 0) this.spentMs += performance.now() - this.since;
  }

  earnRequest(): void {
    this.earnedMs += REQUEST_MS;
  }

  earnBytes(count: number): void {
    this.earnedMs += count / BYTES_PER_MS;
  }
}

const inSeconds = (ms: number): string => `${Number((ms / 1000).toPrecision(3))} s`;
