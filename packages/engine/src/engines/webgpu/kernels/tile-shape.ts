// In a file of its own: the choice of tiles loads when an engine starts, the shaders when the card is used.

/** How a product is cut into tiles. All are powers of two; `rows * columns / (threadRows * threadColumns)` threads, at most 256. */
export interface TileShape {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly threadRows: number;
  readonly threadColumns: number;
  /** Panels in shared memory: 2 to fill one while the other is read, which saves a barrier a step. */
  readonly panels: 1 | 2;
}

/** Threads of a workgroup. */
export function threadsOf({ rows, columns, threadRows, threadColumns }: TileShape): number {
  return (rows / threadRows) * (columns / threadColumns);
}

/** Bytes of shared memory that a tile takes. */
export function sharedBytesOf({ rows, columns, depth, panels }: TileShape, halves: boolean): number {
  return (rows + columns) * depth * panels * (halves ? 2 : 4);
}
