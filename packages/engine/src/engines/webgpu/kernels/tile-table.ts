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

/** Tiles from large to small. */
export const TILES: Readonly<Record<string, TileShape>> = {
  '128x128': { rows: 128, columns: 128, depth: 8, threadRows: 8, threadColumns: 8, panels: 2 },
  '128x64': { rows: 128, columns: 64, depth: 16, threadRows: 8, threadColumns: 4, panels: 1 },
  '64x64': { rows: 64, columns: 64, depth: 16, threadRows: 4, threadColumns: 4, panels: 1 },
  '32x32': { rows: 32, columns: 32, depth: 16, threadRows: 4, threadColumns: 4, panels: 1 },
};

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
  const fits = Object.values(TILES).filter(
    ({ rows, columns }) => wasted(size.rows, rows) < 1.5 && wasted(size.columns, columns) < 1.5,
  );
  const tiles = fits.length > 0 ? fits : [TILES['32x32']!];
  const enough = tiles.find((tile) => tilesOf(size, tile) >= BUSY_WORKGROUPS);
  if (enough !== undefined) return { tile: enough, splits: 1 };
  // Splitting keeps a large tile's reuse of what it fetches.
  const tile = tiles.find((candidate) => threadsOf(candidate) === 256) ?? tiles.at(-1)!;
  const wanted = Math.ceil(BUSY_WORKGROUPS / tilesOf(size, tile));
  return {
    tile,
    splits: Math.max(1, Math.min(wanted, Math.floor(size.depth / SHORTEST_SPLIT), MOST_SPLITS)),
  };
}

function tilesOf({ rows, columns, batches }: ProductSize, tile: TileShape): number {
  return Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns) * batches;
}

/** Computed over needed, along one axis. */
function wasted(size: number, tile: number): number {
  return (Math.ceil(size / tile) * tile) / size;
}
