import { threadsOf, type TileShape } from './tiled-product';

/** The kinds of products that are timed apart: their operands lie differently. */
export type ProductKind = 'convolution' | 'inputGradient' | 'filterGradient' | 'matMul';

/** A product's sizes. */
export interface ProductSize {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  /** Products of this size that are computed at once. */
  readonly batches: number;
}

/** How a product is computed. */
export interface ProductPlan {
  readonly tile: TileShape;
  /** Parts into which the depth is split; above 1 a second pass adds them up, always in the same order. */
  readonly splits: number;
}

/** A tile by its name: rows x columns x depth, a thread's block, and `double` for two panels. */
function tile(rows: number, columns: number, depth: number, block: readonly [number, number], panels: 1 | 2) {
  return { rows, columns, depth, threadRows: block[0], threadColumns: block[1], panels };
}

/** The tiles that the rule chooses from, from large to small. */
const RULE_TILES: readonly TileShape[] = [
  tile(128, 128, 8, [8, 8], 2),
  tile(128, 64, 16, [8, 4], 1),
  tile(64, 64, 16, [4, 4], 1),
  tile(32, 32, 16, [4, 4], 1),
];

/** The tiles that are worth a measurement. */
export const CANDIDATE_TILES: readonly TileShape[] = [
  ...RULE_TILES,
  tile(128, 128, 16, [8, 8], 1),
  tile(128, 128, 16, [8, 8], 2),
  tile(256, 64, 8, [8, 8], 2),
  tile(128, 64, 16, [8, 4], 2),
  tile(128, 64, 16, [8, 8], 2),
  tile(64, 64, 16, [8, 4], 2),
  tile(64, 64, 16, [8, 8], 2),
  tile(64, 128, 16, [8, 8], 2),
];

/** Workgroups at which a large card has something to do everywhere. */
const BUSY_WORKGROUPS = 264;
/** A split of the depth is at least this long: what it saves must pay for the sum of the splits. */
const SHORTEST_SPLIT = 256;
const MOST_SPLITS = 64;

/** Which tile each product takes: as measured on this card, else by rule. */
export class TileTable {
  private readonly measured = new Map<string, ProductPlan>();

  /** @param measured Plans by {@link TileTable.key}. */
  constructor(measured: Readonly<Record<string, ProductPlan>> = {}) {
    for (const [key, plan] of Object.entries(measured)) this.set(key, plan);
  }

  /** The name of a kind and size in a table. */
  static key(kind: ProductKind, { rows, columns, depth, batches }: ProductSize): string {
    return `${kind} ${rows}x${columns}x${depth}${batches > 1 ? ` in ${batches}` : ''}`;
  }

  /** Takes in a measured plan. */
  set(key: string, plan: ProductPlan): void {
    this.measured.set(key, plan);
  }

  /** The plan for a product. */
  plan(kind: ProductKind, size: ProductSize): ProductPlan {
    return this.measured.get(TileTable.key(kind, size)) ?? planByRule(size);
  }
}

/** The largest tile of which there are enough for the whole card, the depth split where even small ones are too few. */
function planByRule(size: ProductSize): ProductPlan {
  const fits = RULE_TILES.filter(
    ({ rows, columns }) => wasted(size.rows, rows) < 1.5 && wasted(size.columns, columns) < 1.5,
  );
  const tiles = fits.length > 0 ? fits : RULE_TILES.slice(-1);
  const enough = tiles.find((shape) => tilesOf(size, shape) >= BUSY_WORKGROUPS);
  if (enough !== undefined) return { tile: enough, splits: 1 };
  // Splitting keeps a large tile's reuse of what it fetches.
  const tile = tiles.find((candidate) => threadsOf(candidate) === 256) ?? tiles.at(-1)!;
  const wanted = Math.ceil(BUSY_WORKGROUPS / tilesOf(size, tile));
  return {
    tile,
    splits: Math.max(1, Math.min(wanted, Math.floor(size.depth / SHORTEST_SPLIT), MOST_SPLITS)),
  };
}

function tilesOf({ rows, columns, batches }: ProductSize, shape: TileShape): number {
  return Math.ceil(rows / shape.rows) * Math.ceil(columns / shape.columns) * batches;
}

/** Computed over needed, along one axis. */
function wasted(size: number, tile: number): number {
  return (Math.ceil(size / tile) * tile) / size;
}
