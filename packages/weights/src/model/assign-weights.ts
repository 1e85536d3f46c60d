import * as tf from '@tensorflow/tfjs-core';

import type { LoadOptions } from '../loading-options';
import type { StoredTensor } from '../stored-tensor';
import { toFloat32 } from '../tensor-data';

import type { ModelWeight } from './model-layers';

/** Which tensor goes to which weight; their shapes agree. */
export interface Assignment {
  readonly weight: ModelWeight;
  readonly tensor: StoredTensor;
}

/**
 * Reads all tensors, a few at a time, and then gives them to the model at once: if any can't be read, none is changed.
 *
 * A new tensor is kept for each weight until the last is read, so that the peak is the file's weights beside the model's.
 */
export async function assignWeights(
  assignments: readonly Assignment[],
  { signal, onProgress, verify }: LoadOptions & { verify?: () => Promise<void> },
): Promise<void> {
  const totalBytes = assignments.reduce(
    (total, { weight }) => total + 4 * tf.util.sizeFromShape(weight.variable.shape as number[]),
    0,
  );
  const tensors: tf.Tensor[] = [];
  let loadedBytes = 0;
  try {
    for await (const { weight, tensor, values } of readAhead(assignments)) {
      signal?.throwIfAborted();
      tensors.push(tf.tensor(values, [...tensor.shape], 'float32'));
      loadedBytes += values.byteLength;
      onProgress?.({
        name: weight.name,
        loadedWeights: tensors.length,
        totalWeights: assignments.length,
        loadedBytes,
        totalBytes,
      });
    }
    await verify?.();
    signal?.throwIfAborted();
    // The values as they are: `write` would put them through the weight's constraint, which is for updates.
    assignments.forEach(({ weight }, i) =>
      (weight.variable.read() as unknown as tf.Variable).assign(tensors[i]!),
    );
  } finally {
    tf.dispose(tensors);
  }
}

interface ReadAssignment extends Assignment {
  readonly values: Float32Array;
}

/** Reads that are under way at a time: a disk or server that answers late is asked for the next while one waits. */
const READS_AHEAD = 4;

/** All tensors in order, each with its values. */
async function* readAhead(assignments: readonly Assignment[]): AsyncGenerator<ReadAssignment> {
  const reads: Promise<ReadAssignment>[] = [];
  let next = 0;
  while (next < assignments.length || reads.length > 0) {
    while (reads.length < READS_AHEAD && next < assignments.length) {
      const read = readOne(assignments[next++]!);
      // Awaited in its turn; if an earlier one fails, this failure is ignored.
      read.catch(() => undefined);
      reads.push(read);
    }
    yield await reads.shift()!;
  }
}

async function readOne(assignment: Assignment): Promise<ReadAssignment> {
  return { ...assignment, values: toFloat32(await assignment.tensor.read()) };
}
