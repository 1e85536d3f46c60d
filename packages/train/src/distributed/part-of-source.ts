import * as tf from '@tensorflow/tfjs-core';
import { disposeBatch, type Batch, type BatchSource } from '@zoo/core';

/** The part of each batch of `source` that `rank` takes: read alone where the source can do that, else cut from the whole. */
export function partOfSource(source: BatchSource, rank: number, size: number): BatchSource {
  if (source.part !== undefined) return source.part(rank, size);
  return {
    ...source,
    batches: async function* (request) {
      for await (const batch of source.batches(request)) yield partOfBatch(batch, rank, size);
    },
  };
}

/** Disposes the batch. */
function partOfBatch(batch: Batch, rank: number, size: number): Batch {
  const count = batch.images.shape[0];
  const start = Math.floor((rank * count) / size);
  const end = Math.floor(((rank + 1) * count) / size);
  const { images, labels } = batch;
  try {
    return {
      images: rowsOf(images, start, end),
      labels: rowsOf(labels, start, end),
      sources: batch.sources.slice(start, end),
    };
  } finally {
    disposeBatch(batch);
  }
}

function rowsOf<Rows extends tf.Tensor>(rows: Rows, start: number, end: number): Rows {
  // Engines differ in how they slice an empty range.
  if (start === end) return tf.tensor<tf.Rank>([], [0, ...rows.shape.slice(1)]) as Rows;
  return tf.slice<tf.Rank, Rows>(rows, start, end - start);
}
