import type { Html } from '@zoo/core/page';
import type { EpochRecord } from '@zoo/train';

/** How far a run is: what a page is sent after updates. */
export interface RunStatus {
  readonly state: 'preparing' | 'training' | 'finished' | 'stopped' | 'failed';
  /** The current epoch, from 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Batches of this epoch that are done. */
  readonly batch: number;
  readonly batchesPerEpoch: number;
  /** Of the epoch so far. */
  readonly loss: number | null;
  readonly accuracy: number | null;
  readonly learningRate: number | null;
  readonly examplesPerSecond: number | null;
  readonly runLeftMs: number | null;
}

/** A run as a dashboard shows it, fed while it goes on. */
export class LiveRun {
  history: readonly EpochRecord[] = [];
  /** What validation has shown, as a section of a report; undefined before the first measurement. */
  measured: Html | undefined;
  /** Aborted by the page's button. */
  readonly stop = new AbortController();
  status: RunStatus;

  private readonly listeners = new Set<() => void>();
  private toldMs = -Infinity;

  /** @param name The run's folder, by its last part. */
  constructor(
    readonly name: string,
    epochs: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.status = {
      ...{ state: 'preparing', epoch: 1, epochs, batch: 0, batchesPerEpoch: 0, loss: null },
      ...{ accuracy: null, learningRate: null, examplesPerSecond: null, runLeftMs: null },
    };
  }

  /** Tells pages what has changed; a status alone at most four times a second. */
  update(status: Partial<RunStatus>, { isEpoch = false } = {}): void {
    this.status = { ...this.status, ...status };
    if (!isEpoch && status.state === undefined && this.now() - this.toldMs < 250) return;
    this.toldMs = this.now();
    for (const listener of this.listeners) listener();
  }

  /** Calls `listener` after each change until the function that is returned is called. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** True while a page is open. */
  get isWatched(): boolean {
    return this.listeners.size > 0;
  }
}
