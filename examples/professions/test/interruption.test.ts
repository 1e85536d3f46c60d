import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { interruptible, Interruption } from '../src/interruption';

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

describe('Ctrl-C', () => {
  const exit = vi.spyOn(process, 'exit');
  let others: NodeJS.SignalsListener[];

  beforeEach(() => {
    // The test runner listens too, and ends itself.
    others = process.listeners('SIGINT');
    process.removeAllListeners('SIGINT');
    exit.mockReset().mockImplementation(() => undefined as never);
  });

  afterEach(() => {
    vi.useRealTimers();
    for (const listener of others) process.on('SIGINT', listener);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('aborts the work, by %s with exit status %i', async (signal, exitStatus) => {
    const told = vi.fn();
    const outcome = interruptible(told, untilAborted).catch((error: unknown) => error);
    process.emit(signal, signal);
    const error = await outcome;
    expect(error).toBeInstanceOf(Interruption);
    expect((error as Interruption).exitStatus).toBe(exitStatus);
    expect(told).toHaveBeenCalledTimes(1);
    expect(exit).not.toHaveBeenCalled();
  });

  it('ends the process at once the second time', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    let finish = (): void => undefined;
    const work = interruptible(
      () => undefined,
      () => new Promise<void>((resolve) => (finish = resolve)),
    );
    process.emit('SIGINT', 'SIGINT');
    vi.advanceTimersByTime(1000);
    process.emit('SIGINT', 'SIGINT');
    expect(exit).toHaveBeenCalledExactlyOnceWith(130);
    finish();
    await work;
  });

  it('counts once when it comes from the terminal and from npm within a moment', async () => {
    const outcome = interruptible(() => undefined, untilAborted).catch(() => 'aborted');
    process.emit('SIGINT', 'SIGINT');
    process.emit('SIGINT', 'SIGINT');
    expect(await outcome).toBe('aborted');
    expect(exit).not.toHaveBeenCalled();
  });

  it('is left to others when the work is done', async () => {
    const before = process.listenerCount('SIGINT');
    await interruptible(
      () => undefined,
      () => Promise.resolve(),
    );
    expect(process.listenerCount('SIGINT')).toBe(before);
  });
});
