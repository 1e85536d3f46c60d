/** Numbers that ranks exchange: what MPI calls MPI_FLOAT, MPI_DOUBLE and MPI_INT. */
export type ExchangedValues = Float32Array | Float64Array | Int32Array;

/** How the values at the same place on all ranks are combined. */
export type Reduction = 'sum' | 'min' | 'max';

/**
 * The ranks of a program and the exchanges between them.
 *
 * All ranks make the same calls in the same order; they need not await one before the next. A call starts an exchange that continues while
 * this thread computes. It uses its array in place: do not touch the array until the promise settles. Arrays over a `SharedArrayBuffer` are
 * exchanged without a copy, others through a copy.
 */
export interface Communicator {
  /** What carries the messages, in words: `Open MPI v4.1.4`, or `one process`. */
  readonly library: string;
  /** Which of the ranks this process is, from 0. */
  readonly rank: number;
  /** How many ranks there are. */
  readonly size: number;
  /** The name of this machine. */
  readonly host: string;
  /** Which of the ranks on this machine this process is, from 0: the number of its graphics card. */
  readonly localRank: number;
  /**
   * Replaces `values` on every rank by their reduction over all ranks.
   *
   * @param reduction Default `sum`.
   */
  allReduce(values: ExchangedValues, reduction?: Reduction): Promise<void>;
  /**
   * As {@link allReduce}, but this thread is blocked until it is done: for a value that a computation needs before it can go on.
   */
  allReduceNow(values: ExchangedValues, reduction?: Reduction): void;
  /**
   * Replaces `values` on every rank by those of `root`.
   *
   * @param root A rank. Default 0.
   * @throws ArgumentError if there is no such rank.
   */
  broadcast(values: ExchangedValues, root?: number): Promise<void>;
  /** The values of all ranks one after another, in the order of ranks, on every rank: `size * values.length` numbers. */
  allGather<Values extends ExchangedValues>(values: Values): Promise<Values>;
  /**
   * Sends part `r` of `values` to rank `r`, and gives the parts that came from each rank, in the order of ranks.
   *
   * @throws ArgumentError if `values` is no multiple of `size` numbers.
   */
  allToAll<Values extends ExchangedValues>(values: Values): Promise<Values>;
  /**
   * The value that `root` gives, on every rank: anything that structured cloning copies. Await it before the next exchange.
   *
   * @param value Read on `root` alone.
   * @param root A rank. Default 0.
   */
  broadcastValue<Value>(value: Value, root?: number): Promise<Value>;
  /** The values of all ranks, in the order of ranks, on every rank. Await it before the next exchange. */
  gatherValues<Value>(value: Value): Promise<Value[]>;
  /** Settles once all ranks have come here. */
  barrier(): Promise<void>;
  /**
   * Ends the program on all ranks at once, whatever they are doing; does not return.
   *
   * @param exitCode What the launcher ends with. Default 1.
   */
  abort(exitCode?: number): never;
  /** Waits for the calls that are under way and takes leave of the other ranks; afterwards every call rejects. A second call does nothing. */
  finalize(): Promise<void>;
}
