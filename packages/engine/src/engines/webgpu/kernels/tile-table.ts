import { sharedBytesOf, type TileShape } from './tile-shape';

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

/**
 * The tiles that the rule chooses from, from large to small, and the multiply-adds a second that each reaches on a large card which it
 * fills. They, and the constants below, are fitted to what was measured on an NVIDIA H200, ResNet-50's products at 224 px, batch 32: `benchmarks/webgpu-card.ts`, section `products resnet50`.
 */
const RULE_TILES: readonly { readonly shape: TileShape; readonly productsASecond: number }[] = [
  { shape: tile(128, 128, 16, [8, 8], 1), productsASecond: 13e12 },
  { shape: tile(128, 64, 16, [8, 4], 2), productsASecond: 10.7e12 },
  { shape: tile(64, 64, 16, [4, 4], 1), productsASecond: 10.1e12 },
  { shape: tile(32, 32, 16, [4, 4], 1), productsASecond: 9e12 },
];

/** Those that a measurement may find faster. */
export const CANDIDATE_TILES: readonly TileShape[] = [
  ...RULE_TILES.map(({ shape }) => shape),
  tile(128, 128, 8, [8, 8], 2),
  tile(128, 128, 16, [8, 8], 2),
  tile(256, 64, 8, [8, 8], 2),
  tile(128, 64, 16, [8, 4], 1),
  tile(128, 64, 16, [8, 8], 2),
  tile(64, 64, 16, [8, 4], 2),
  tile(64, 64, 16, [8, 8], 2),
  tile(64, 128, 16, [8, 8], 2),
];

/** What the rule takes a large card to be: an H100's or H200's multiprocessors, and its bytes a second. */
const CARD = { multiprocessors: 132, bytesASecond: 2.5e12 };
/** What a further pass costs beyond its bytes. */
const PASS_SECONDS = 3e-6;
/** Share of its time that a multiprocessor idles with one workgroup, which leaves nothing to do while it waits. */
const IDLE = 0.26;
/** What a workgroup's start and end cost, as steps of the depth. */
const START_DEPTH = 87;
/** A split of the depth is at least this long: a workgroup's start and end must pay. */
const SHORTEST_SPLIT = 128;
const MOST_SPLITS = 128;

/** Which tile each product takes: as measured on this card, else by rule. */
export class TileTable {
  private readonly measured = new Map<string, ProductPlan>();
  private readonly ruled = new Map<string, ProductPlan>();

  /** The tiles that are worth a measurement. */
  readonly candidates: readonly TileShape[];
  private readonly tiles: typeof RULE_TILES;

  /**
   * @param isSoftware True where a processor plays the card: it compiles large tiles for many seconds, and is not faster with them.
   * @param sharedBytes Shared memory of a workgroup; WebGPU promises 16 kB. The rule takes no tile that needs more.
   */
  constructor({
    isSoftware = false,
    sharedBytes = Infinity,
  }: { isSoftware?: boolean; sharedBytes?: number } = {}) {
    this.tiles = isSoftware
      ? RULE_TILES.slice(-1)
      : RULE_TILES.filter(({ shape }) => sharedBytesOf(shape, false) <= sharedBytes);
    this.candidates = isSoftware ? this.tiles.map(({ shape }) => shape) : CANDIDATE_TILES;
  }

  /** The name of a kind and size in a table. */
  static key(kind: ProductKind, { rows, columns, depth, batches }: ProductSize): string {
    return `${kind} ${rows}x${columns}x${depth}${batches > 1 ? ` in ${batches}` : ''}`;
  }

  /** Takes in a measured plan. */
  set(key: string, plan: ProductPlan): void {
    this.measured.set(key, plan);
  }

  /** The plan for a product; `canSplit` is false where its depth must stay whole. */
  plan(kind: ProductKind, size: ProductSize, canSplit = true): ProductPlan {
    const key = TileTable.key(kind, size);
    const known = this.measured.get(key) ?? this.ruled.get(key);
    if (known !== undefined) return known;
    const plan = planByRule(size, this.tiles, canSplit);
    this.ruled.set(key, plan);
    return plan;
  }
}

/** The tile and splits that take the least time by an estimate. */
function planByRule(size: ProductSize, tiles: typeof RULE_TILES, canSplit: boolean): ProductPlan {
  const mostSplits = canSplit ? Math.min(Math.floor(size.depth / SHORTEST_SPLIT), MOST_SPLITS) : 1;
  let best: ProductPlan = { tile: tiles.at(-1)!.shape, splits: 1 };
  let least = Infinity;
  for (const { shape, productsASecond } of tiles) {
    for (let splits = 1; splits <= Math.max(1, mostSplits); splits++) {
      const seconds = estimateSeconds(size, shape, splits, productsASecond);
      if (seconds < least) [best, least] = [{ tile: shape, splits }, seconds];
    }
  }
  return best;
}

/** The busiest multiprocessor's time, and the sum of the splits'. */
function estimateSeconds(
  { rows, columns, depth, batches }: ProductSize,
  shape: TileShape,
  splits: number,
  productsASecond: number,
): number {
  const tiles = Math.ceil(rows / shape.rows) * Math.ceil(columns / shape.columns) * batches;
  const workgroups = Math.ceil((tiles * splits) / CARD.multiprocessors);
  const splitDepth = Math.ceil(depth / splits / shape.depth) * shape.depth;
  const speed = (productsASecond / CARD.multiprocessors) * (1 - IDLE / workgroups);
  const product = (workgroups * shape.rows * shape.columns * (splitDepth + START_DEPTH)) / speed;
  if (splits === 1) return product;
  return product + PASS_SECONDS + ((2 * splits + 1) * rows * columns * batches * 4) / CARD.bytesASecond;
}
