/** How {@link prefetch} makes its items. */
export interface PrefetchOptions<Item> {
  /** The first item's index. */
  first: number;
  /** One more than the last item's index. */
  end: number;
  /** How many items are made ahead of the one that the consumer holds. */
  ahead: number;
  /** Makes one item; must stop soon after `signal` is aborted. */
  make: (index: number, signal: AbortSignal) => Promise<Item>;
  /** Aborted, the sequence ends by throwing its reason. */
  signal?: AbortSignal | undefined;
}

/**
 * Items in order, of which up to `ahead` are being made while the consumer works on one.
 *
 * When the consumer stops early, or an item fails, the rest is told to stop and waited for, so that nothing is left running.
 */
export async function* prefetch<Item>(options: PrefetchOptions<Item>): AsyncGenerator<Item, void, undefined> {
  const { end, ahead, make, signal } = options;
  signal?.throwIfAborted();
  const stop = new AbortController();
  const eitherSignal = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const pending: Promise<Item>[] = [];
  let next = options.first;
  const fill = (count: number) => {
    while (pending.length < count && next < end) {
      const item = make(next++, eitherSignal);
      // A failure is reported when its turn comes; until then nobody listens.
      item.catch(() => undefined);
      pending.push(item);
    }
  };
  try {
    fill(1 + ahead);
    for (let current = pending.shift(); current !== undefined; current = pending.shift()) {
      const item = await current;
      fill(ahead);
      signal?.throwIfAborted();
      yield item;
      signal?.throwIfAborted();
      fill(1 + ahead);
    }
  } finally {
    stop.abort(new Error('The consumer has stopped.'));
    await Promise.allSettled(pending);
  }
}
