import { hostname } from 'node:os';

import { ArgumentError, ZooError } from '@zoo/core';

import type { Communicator } from './communicator';

/**
 * The communicator of a program that runs as one process: rank 0 of 1, where every exchange leaves the values unchanged.
 *
 * A program written for many ranks runs with it unchanged and loads nothing.
 */
export function oneProcess(): Communicator {
  let finalized = false;
  const exchange = <Result>(result: () => Result): Promise<Result> =>
    finalized ? Promise.reject(finalizedError()) : Promise.resolve().then(result);
  return {
    library: 'one process',
    rank: 0,
    size: 1,
    host: hostname(),
    localRank: 0,
    allReduce: () => exchange(() => undefined),
    allReduceNow: () => {
      if (finalized) throw finalizedError();
    },
    broadcast: (_, root = 0) => exchange(() => expectRank(root, 1)),
    allGather: <Values>(values: Values) =>
      exchange(() => (values as Values & Float32Array).slice() as Values),
    allToAll: <Values>(values: Values) => exchange(() => (values as Values & Float32Array).slice() as Values),
    broadcastValue: <Value>(value: Value, root = 0) =>
      exchange(() => {
        expectRank(root, 1);
        return value;
      }),
    gatherValues: <Value>(value: Value) => exchange(() => [value]),
    barrier: () => exchange(() => undefined),
    abort: (exitCode = 1) => process.exit(exitCode),
    finalize: () => {
      finalized = true;
      return Promise.resolve();
    },
  };
}

/** Throws ArgumentError unless `root` is one of `size` ranks. */
export function expectRank(root: number, size: number): void {
  if (!Number.isInteger(root) || root < 0 || root >= size) {
    throw new ArgumentError('root', `a rank from 0 to ${size - 1}`, root);
  }
}

/** Throws ArgumentError unless `values` can be cut into `size` parts of one length. */
export function expectWholeParts(values: { readonly length: number }, size: number): void {
  if (values.length % size === 0) return;
  throw new ArgumentError('values', `a multiple of ${size} numbers, a part for each rank,`, values.length);
}

/** The error of a call after `finalize`. */
export function finalizedError(): ZooError {
  return new ZooError(
    'communicator',
    'The communicator has been finalized, after which ranks exchange nothing. Call `finalize` last.',
  );
}
