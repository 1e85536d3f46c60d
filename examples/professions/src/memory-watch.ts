import * as tf from '@tensorflow/tfjs-core';
import { type Callback } from '@zoo/train';

/** What a run held at the end of an epoch. */
interface MemoryRecord {
  readonly tensors: number;
  readonly tensorBytes: number;
  readonly processBytes: number;
}

/** Notes after every epoch what tensors and process take, to show that training leaks nothing. */
export interface MemoryWatch {
  readonly callback: Callback;
  /** One sentence about the first and the last epoch. */
  summary(): string;
  /** False if there are more tensors after the last epoch than after the first. */
  isFlat(): boolean;
}

/** A {@link MemoryWatch} for one run. */
export function memoryWatch(): MemoryWatch {
  const records: MemoryRecord[] = [];
  const callback: Callback = {
    name: 'memoryWatch',
    onEpochSettled: () => {
      const { numTensors, numBytes } = tf.memory();
      const processBytes = process.memoryUsage.rss();
      records.push({ tensors: numTensors, tensorBytes: numBytes, processBytes });
    },
  };
  const ends = (): [MemoryRecord, MemoryRecord] | undefined =>
    records.length === 0 ? undefined : [records[0]!, records.at(-1)!];
  return {
    callback,
    summary: () => {
      const pair = ends();
      if (pair === undefined) return 'memory: no epoch was trained';
      const [first, last] = pair;
      return (
        `memory: ${first.tensors} tensors of ${megabytes(first.tensorBytes)} after the first epoch, ` +
        `${last.tensors} of ${megabytes(last.tensorBytes)} after the last; ` +
        `process ${megabytes(first.processBytes)}, then ${megabytes(last.processBytes)}`
      );
    },
    isFlat: () => {
      const pair = ends();
      return pair === undefined || pair[1].tensors <= pair[0].tensors;
    },
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
