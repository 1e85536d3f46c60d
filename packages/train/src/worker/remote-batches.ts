import * as tf from '@tensorflow/tfjs-core';
import { ZooError, type Batch, type BatchRequest, type BatchSource } from '@zoo/core';

import { send, type SentBatch, type SentSource, type SourceName, type TrainingPort } from './messages';

/** Batches that are under way or waiting while one is trained on: the page makes the next one meanwhile, and no more. */
const BATCHES_AHEAD = 2;

interface Stream {
  readonly arrived: (SentBatch | undefined)[];
  /** Wakes whoever waits for a batch. */
  wake: () => void;
  hasFailed: boolean;
}

/** The page's sources as a worker reads them: batches come one for each that is asked for. */
export class RemoteBatches {
  private readonly streams = new Map<number, Stream>();
  private opened = 0;

  constructor(private readonly port: TrainingPort) {}

  source(name: SourceName, { sizeVaries, preprocessing, settings, ...sent }: SentSource): BatchSource {
    return {
      ...sent,
      ...(sizeVaries && { sizeVaries }),
      ...(preprocessing && { preprocessing }),
      ...(settings && { settings }),
      batches: (request) => this.batches(name, request),
    };
  }

  receive(number: number, batch: SentBatch | undefined): void {
    const stream = this.streams.get(number);
    stream?.arrived.push(batch);
    stream?.wake();
  }

  fail(number: number): void {
    const stream = this.streams.get(number);
    if (stream === undefined) return;
    stream.hasFailed = true;
    stream.wake();
  }

  private async *batches(
    source: SourceName,
    { epoch, firstBatch = 0, signal }: BatchRequest,
  ): AsyncGenerator<Batch> {
    signal?.throwIfAborted();
    const number = this.opened++;
    const stream: Stream = { arrived: [], wake: () => undefined, hasFailed: false };
    const onAbort = (): void => stream.wake();
    this.streams.set(number, stream);
    signal?.addEventListener('abort', onAbort);
    try {
      send(this.port, { type: 'open', stream: number, source, epoch, firstBatch });
      for (let asked = 0; asked < BATCHES_AHEAD; asked++) send(this.port, { type: 'next', stream: number });
      for (;;) {
        const batch = await nextOf(stream, signal);
        if (batch === undefined) return;
        send(this.port, { type: 'next', stream: number });
        yield toBatch(batch);
        signal?.throwIfAborted();
      }
    } finally {
      signal?.removeEventListener('abort', onAbort);
      this.streams.delete(number);
      send(this.port, { type: 'close', stream: number });
    }
  }
}

async function nextOf(stream: Stream, signal: AbortSignal | undefined): Promise<SentBatch | undefined> {
  for (;;) {
    signal?.throwIfAborted();
    if (stream.arrived.length > 0) return stream.arrived.shift();
    // The page has the error already; this one only ends the run.
    if (stream.hasFailed) throw new ZooError('worker', "The page's source of batches has failed.");
    await new Promise<void>((resolve) => (stream.wake = resolve));
  }
}

function toBatch({ images, imagesShape, labels, labelsShape, sources }: SentBatch): Batch {
  return {
    images: tf.tensor4d(images, imagesShape as [number, number, number, number]),
    labels: tf.tensor2d(labels, labelsShape as [number, number]),
    sources,
  };
}
