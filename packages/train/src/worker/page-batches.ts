import { disposeBatch, type Batch, type BatchSource } from '@zoo/core';

import {
  buffersOf,
  send,
  type SentBatch,
  type SentSource,
  type SourceName,
  type TrainingPort,
} from './messages';

/** A sequence of batches that the worker is reading. */
interface Stream {
  readonly batches: AsyncIterator<Batch>;
  readonly end: AbortController;
  /** What has been asked for, one after the other. */
  pending: Promise<void>;
}

/** All of `source` but its batches, for the worker. */
export function describeSentSource(source: BatchSource): SentSource {
  const { classNames, preprocessing, imageShape, exampleCount, batchSize, batchesPerEpoch, settings } =
    source;
  return {
    ...{ classNames, preprocessing, imageShape, exampleCount, batchSize, batchesPerEpoch, settings },
    sizeVaries: source.sizeVaries === true,
    isMultiLabel: source.isMultiLabel === true,
  };
}

/**
 * Reads the page's sources for the worker: a batch for each that it asks for, its values transferred.
 *
 * @param onError Told what a source threw: the run fails by that very error.
 */
export class PageBatches {
  private readonly streams = new Map<number, Stream>();
  private readonly ending: Promise<void>[] = [];

  constructor(
    private readonly sources: Readonly<Partial<Record<SourceName, BatchSource>>>,
    private readonly port: Pick<TrainingPort, 'postMessage'>,
    private readonly onError: (error: unknown) => void,
  ) {}

  open(number: number, source: SourceName, request: { epoch: number; firstBatch: number }): void {
    const end = new AbortController();
    const batches = this.sources[source]!.batches({ ...request, signal: end.signal })[Symbol.asyncIterator]();
    this.streams.set(number, { batches, end, pending: Promise.resolve() });
  }

  next(number: number): void {
    const stream = this.streams.get(number);
    if (stream !== undefined) stream.pending = stream.pending.then(() => this.sendNext(number, stream));
  }

  close(number: number): void {
    const stream = this.streams.get(number);
    if (stream === undefined) return;
    this.streams.delete(number);
    stream.end.abort(new Error('The worker reads no more of it.'));
    this.ending.push(
      stream.pending.then(async () => {
        // An error while the source closes is ignored.
        await stream.batches.return?.().catch(() => undefined);
      }),
    );
  }

  /** Ends all streams and waits until none of them makes anything any more. */
  async dispose(): Promise<void> {
    for (const number of this.streams.keys()) this.close(number);
    await Promise.all(this.ending);
  }

  private async sendNext(number: number, stream: Stream): Promise<void> {
    try {
      if (isClosed(stream)) return;
      const next = await stream.batches.next();
      const batch = next.done === true ? undefined : await toSentBatch(next.value);
      // Closed while it was made.
      if (isClosed(stream)) return;
      const transfer = batch === undefined ? [] : buffersOf([batch.images, batch.labels]);
      send(this.port, { type: 'batch', stream: number, batch }, transfer);
    } catch (error) {
      if (isClosed(stream)) return;
      this.onError(error);
      send(this.port, { type: 'sourceFailed', stream: number });
    }
  }
}

const isClosed = ({ end }: Stream): boolean => end.signal.aborted;

/** Copies, because engines and sources may keep the arrays that they made a tensor of. */
async function toSentBatch(batch: Batch): Promise<SentBatch> {
  try {
    const { images, labels, sources } = batch;
    const [pixels, classes] = await Promise.all([images.data<'float32'>(), labels.data<'float32'>()]);
    return {
      images: new Float32Array(pixels),
      imagesShape: images.shape,
      labels: new Float32Array(classes),
      labelsShape: labels.shape,
      sources,
    };
  } finally {
    disposeBatch(batch);
  }
}
