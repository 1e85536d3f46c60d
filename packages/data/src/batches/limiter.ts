/** Runs at most `limit` jobs at a time, in the order they came. */
export function createLimiter(limit: number): <Value>(job: () => Promise<Value>) => Promise<Value> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (job) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await job();
    } finally {
      // The place goes to the next one waiting, or becomes free.
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}

/** Waits for all of `jobs` to end, then throws the first failure in order, if any: nothing runs on behind an error. */
export async function allOrFirstFailure(jobs: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(jobs);
  const failure = results.find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

/** Runs `work` on all of `items`, some at a time; a failure lets no other begin, and is thrown when all that had begun have ended. */
export async function forEach<Item>(
  items: readonly Item[],
  atATime: number,
  work: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    try {
      while (next < items.length) {
        const index = next++;
        await work(items[index]!, index);
      }
    } catch (error) {
      next = items.length;
      throw error;
    }
  };
  await allOrFirstFailure(Array.from({ length: Math.min(atATime, items.length) }, worker));
}
