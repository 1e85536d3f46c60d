import {
  ArgumentError,
  readOptions,
  type OptionsOf,
  type OptionTable,
  type ReadOptions,
  type RequiredAnyRow,
} from '@zoo/core/options';

import type { Communicator } from '../node/distributed/communicator';

/** The number type of gradients that ranks exchange. */
export const EXCHANGE_TYPE = {
  type: 'choice',
  choices: ['float32', 'bfloat16', 'float16'],
  default: 'float32',
} as const;

/** One of {@link EXCHANGE_TYPE}. */
export type ExchangeType = (typeof EXCHANGE_TYPE.choices)[number];

const DISTRIBUTED_OPTIONS = {
  /** The ranks: what `openCommunicator` of `@zoo/train/distributed` gives. Of a single one, all stays as without this option. */
  communicator: {
    type: 'any',
    isRequired: true,
    check: (argument, value) => {
      if (typeof (value as Communicator | undefined)?.allReduce === 'function') return value as Communicator;
      const advice = 'Give it what `await openCommunicator()` gives.';
      throw new ArgumentError(argument, 'the ranks', value, advice);
    },
  } as RequiredAnyRow<Communicator>,
  /**
   * Batch normalisation by the statistics of the whole batch instead of those of each rank's part: the values of one process, at the
   * price of two small exchanges, and two reads that wait for the engine, for each such layer and step. Not on webgpu. Default false.
   */
  syncBatchNorm: { type: 'boolean', default: false },
  /**
   * What gradients travel as. `bfloat16` and `float16` halve the bytes and carry what rounding took over to the next step (error
   * feedback). Default `float32`.
   */
  exchangeType: EXCHANGE_TYPE,
  /**
   * True for gradients that leave as the backward pass makes them, where engine and options allow it; false for all at its end, to measure
   * what that hides. Values are the same. Default true.
   */
  overlap: { type: 'boolean', default: true },
} as const satisfies OptionTable;

/** How a run is spread over the ranks of an MPI program: the option `distributed` of `fit`. */
export interface DistributedOptions extends OptionsOf<typeof DISTRIBUTED_OPTIONS> {}

/** Options with their defaults. */
export type ResolvedDistributedOptions = ReadOptions<typeof DISTRIBUTED_OPTIONS>;

/** `options` checked; throws ArgumentError. */
export function resolveDistributedOptions(options: DistributedOptions): ResolvedDistributedOptions {
  return readOptions(DISTRIBUTED_OPTIONS, options, 'options.distributed');
}
