import { ArgumentError, expectKnownOptions, expectOneOf } from '@zoo/core';

import type { Communicator } from '../node/distributed/communicator';

/** How a run is spread over the ranks of an MPI program: the option `distributed` of `fit`. */
export interface DistributedOptions {
  /** The ranks: what `openCommunicator` of `@zoo/train/distributed` gives. Of a single one, all stays as without this option. */
  communicator: Communicator;
  /**
   * Batch normalisation by the statistics of the whole batch instead of those of each rank's part: the values of one process, at the
   * price of two small exchanges for each such layer and step. Not on webgpu. Default: false.
   */
  syncBatchNorm?: boolean;
  /**
   * What gradients travel as. `bfloat16` halves the bytes and carries what rounding took over to the next step (error feedback).
   * Default `float32`.
   */
  exchangeType?: 'float32' | 'bfloat16';
  /**
   * True for gradients that leave as the run backward makes them, where engine and options allow it; false for all at its end, to measure
   * what that hides. Values are the same. Default: true.
   */
  overlap?: boolean;
}

/** Options with their defaults. */
export type ResolvedDistributedOptions = Required<DistributedOptions>;

/** `options` checked; throws ArgumentError. */
export function resolveDistributedOptions(options: DistributedOptions): ResolvedDistributedOptions {
  const name = 'options.distributed';
  expectKnownOptions(name, options, ['communicator', 'syncBatchNorm', 'exchangeType', 'overlap']);
  const { communicator, syncBatchNorm = false, exchangeType = 'float32', overlap = true } = options;
  // A caller without types may have forgotten it.
  if (typeof (communicator as Communicator | undefined)?.allReduce !== 'function') {
    throw new ArgumentError(
      `${name}.communicator`,
      'the ranks',
      communicator,
      'Give it what `await openCommunicator()` gives.',
    );
  }
  expectOneOf(`${name}.exchangeType`, exchangeType, ['float32', 'bfloat16']);
  return { communicator, syncBatchNorm, exchangeType, overlap };
}
