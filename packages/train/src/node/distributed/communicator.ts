/** Numbers that ranks exchange: what MPI calls MPI_FLOAT, MPI_DOUBLE and MPI_INT. */
export type ExchangedValues = Float32Array | Float64Array | Int32Array;

/** How values of the same place on all ranks become one. */
export type Reduction = 'sum' | 'min' | 'max';

/**
 * The ranks of one program and what they say to each other.
 *
 * All ranks make the same calls in the same order; calls run one after another in the order in which they are made, and need
 * not be awaited before the next is made. A call works in place or reads in place: leave its array alone until the promise
 * settles. The event loop goes on meanwhile.
 */
export interface Communicator {
  /** What carries the messages, in words: `Open MPI v4.1.4`, or `one process`. */
  readonly library: string;
  /** Which of the ranks this process is, from 0. */
  readonly rank: number;
  /** How many ranks there are. */
  readonly size: number;
  /** Which of the ranks on this machine this process is, from 0: the number of its graphics card. */
  readonly localRank: number;
  /**
   * Replaces `values` on every rank by their reduction over all ranks.
   *
   * @param reduction Default `sum`.
   */
  allReduce(values: ExchangedValues, reduction?: Reduction): Promise<void>;
  /**
   * Replaces `values` on every rank by those of `root`.
   *
   * @param root A rank. Default 0.
   * @throws ArgumentError if there is no such rank.
   */
  broadcast(values: ExchangedValues, root?: number): Promise<void>;
  /** The values of all ranks one after another, in the order of ranks, on every rank: `size * values.length` numbers. */
  allGather<Values extends ExchangedValues>(values: Values): Promise<Values>;
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
