/** Values of a block of rows: few enough for a core's second-level cache, so that a second look at them is free. */
const BLOCK_VALUES = 32768;

/** How a channels-last tensor is cut into blocks of rows. */
export interface RowBlocks {
  readonly rows: number;
  readonly columns: number;
  /** Rows a block; they depend on the shape alone, so that sums do not depend on the number of threads. */
  readonly blockRows: number;
  readonly blocks: number;
}

/** Blocks of a tensor of `shape`, its last axis the columns. */
export function rowBlocks(shape: readonly number[]): RowBlocks {
  const columns = shape.at(-1) ?? 1;
  const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
  return { columns, ...blocksOf(rows, columns) };
}

/** Blocks of `rows` rows of `columns` values. */
export function blocksOf(rows: number, columns: number): Omit<RowBlocks, 'columns'> {
  const blockRows = Math.max(1, Math.floor(BLOCK_VALUES / Math.max(1, columns)));
  return { rows, blockRows, blocks: Math.ceil(rows / blockRows) };
}
