import { letIn } from './let-in';

/** How pictures are put together. */
export interface BatchQueueSettings<Item, Result> {
  /** Items that are computed at once, at most. */
  readonly batchSize: number;
  /** How long the first item waits for others, in milliseconds. */
  readonly delayMs: number;
  /** Computes one batch: as many results as items, in their order. */
  readonly compute: (items: readonly Item[]) => Promise<readonly Result[]>;
}

/** Puts single items together to batches, which are computed one after the other. */
export interface BatchQueue<Item, Result> {
  /** Items that wait for their batch. */
  readonly waiting: number;
  /** The result of `item`; rejects with what its batch failed with, or with the signal's reason if that is aborted while it waits. */
  add(item: Item, signal?: AbortSignal): Promise<Result>;
}

interface Entry<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A queue that computes a batch when it is full, or when its first item has waited long enough; while one is computed the next gathers.
 *
 * Between two batches it lets in what has come: with a turn of the event loop a batch, the last of many clients that connect at once would
 * wait for as many batches.
 */
export function batchQueue<Item, Result>({
  batchSize,
  delayMs,
  compute,
}: BatchQueueSettings<Item, Result>): BatchQueue<Item, Result> {
  const waiting: Entry<Item, Result>[] = [];
  let isComputing = false;
  let added = 0;
  let timer: NodeJS.Timeout | undefined;

  const start = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (isComputing || waiting.length === 0) return;
    isComputing = true;
    void computeNext(waiting.splice(0, batchSize)).finally(() => {
      // What has gathered meanwhile has waited.
      void letIn(() => added).then(() => {
        isComputing = false;
        start();
      });
    });
  };
  const computeNext = async (entries: readonly Entry<Item, Result>[]): Promise<void> => {
    try {
      const results = await compute(entries.map(({ item }) => item));
      entries.forEach(({ resolve }, index) => {
        resolve(results[index]!);
      });
    } catch (error) {
      for (const { reject } of entries) reject(error);
    }
  };

  return {
    get waiting() {
      return waiting.length;
    },
    add: (item, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const leave = (): void => {
          const place = waiting.indexOf(entry);
          if (place < 0) return;
          waiting.splice(place, 1);
          reject(signal!.reason as Error);
        };
        const settled =
          <Value>(settle: (value: Value) => void) =>
          (value: Value): void => {
            signal?.removeEventListener('abort', leave);
            settle(value);
          };
        const entry: Entry<Item, Result> = { item, resolve: settled(resolve), reject: settled(reject) };
        signal?.addEventListener('abort', leave, { once: true });
        waiting.push(entry);
        added += 1;
        if (isComputing) return;
        if (waiting.length >= batchSize) start();
        else timer ??= setTimeout(start, delayMs);
      }),
  };
}
