import { setImmediate } from 'node:timers/promises';

import { expect, it } from 'vitest';

import { batchQueue } from '../src/serve/batch-queue';

it('lets the event loop turn many times between the batches of a queue that is never empty', async () => {
  const batches = 4;
  // As an engine on this thread computes: done when it returns.
  const queue = batchQueue({
    batchSize: 2,
    delayMs: 1000,
    compute: (items: readonly number[]) => Promise.resolve(items),
  });
  let [turns, isEnded] = [0, false];
  const counting = (async () => {
    for (; !isEnded; turns++) await setImmediate();
  })();
  const client = async () => {
    for (let at = 0; at < batches; at++) expect(await queue.add(at)).toBe(at);
  };
  await Promise.all(Array.from({ length: 4 }, client));
  isEnded = true;
  await counting;
  // A turn for each of some clients that connect at once.
  expect(turns).toBeGreaterThan(8 * batches);
});
