import { threadsOf, type TileShape } from './tile-shape';

/**
 * The one matrix product that convolutions, their gradients and dense layers are.
 *
 * result[row, column] = sum over depth of left[row, depth] * right[depth, column]
 *
 * A workgroup computes a tile of `rows` x `columns` results, each of its threads a block of `threadRows` x `threadColumns` of them in
 * registers. It goes through the depth in steps of `depth`: all threads fetch the two operands' panels of a step into shared memory,
 * four values (a quad) at a time, and each multiplies what its block needs of them, while the next step's quads are on their way into
 * registers. An operand says how its quads lie in memory, which makes a product a convolution (see product-operands.ts):
 *
 * - 'depth last': a quad is four steps of the depth in one row (or column). The panel is [row][depth / 4].
 * - 'depth first': a quad is four neighbouring rows (or columns) in one step of the depth. The panel is [depth][row / 4].
 *
 * A thread's rows (columns) are quads of neighbours, `lanes` quads apart, so that neighbouring threads read neighbouring quads of a
 * panel. In a depth-last panel rows are kept where the threads find them so: row 4 t + q at place q * (rows / 4) + t; and a place's quads
 * change their order from place to place, so that the threads of a warp meet in no bank.
 */

/** Whether a quad lies along the depth or across it. */
export type PanelLayout = 'depthLast' | 'depthFirst';

/** An operand's part of the source. `r` numbers the quads that a thread fetches in a step. */
export interface Operand {
  readonly layout: PanelLayout;
  /** Statements before the loop, once. */
  start(): string;
  /** Statements before the loop for quad `r`: `row`, its row (depth last) or quad of rows (depth first), is an expression, as is `depth`, where it starts. */
  startQuad(r: number, row: string, depth: string): string;
  /** Statements that set the declared `vec4f` variable `target` to quad `r`, zeros outside. */
  fetch(r: number, target: string): string;
  /** Statements that go on to the next step, after all quads of this one. */
  advance(): string;
}

/** What becomes of the results. */
export interface Outcome {
  /** Statements before a thread's results are stored, once. */
  start(): string;
  /** Statements for row `row` (an expression), before its results. */
  startRow(row: string): string;
  /** Statements that store `value`, a `vec4f` expression, at quad of columns `column` (an expression) of that row. */
  store(column: string, value: string): string;
}

/** What {@link tiledProduct} makes a program from. */
export interface ProductParts {
  readonly tile: TileShape;
  /** Declarations of bindings, uniform block `sizes` with `rowTiles`, `columnTiles`, `tilesAcross`, and functions. */
  readonly declarations: string;
  readonly left: Operand;
  readonly right: Operand;
  readonly outcome: Outcome;
  /** Statements at the start; they declare `firstDepth` and `depthEnd` (u32), the range that this workgroup sums over. */
  readonly start: string;
  /** True to round operands to 16-bit floats where they enter shared memory; sums stay 32-bit. */
  readonly halves: boolean;
  /** The operand that is a gradient: its values are small, and are made larger before they are rounded. */
  readonly gradient?: 'left' | 'right' | undefined;
}

const LARGEST_HALF = '65504.0';
/**
 * What gradients are multiplied by before they are rounded to 16 bits, and their sums divided by: a power of two, so that nothing else
 * changes. Halves end at 6e-8; gradients of a loss's sum over a batch then may be as small as 6e-11 and as large as 64.
 */
const GRADIENT_SCALE = 1024;

/** The program's WGSL. */
export function tiledProduct(parts: ProductParts): string {
  const { tile, left, right, halves } = parts;
  const threads = threadsOf(tile);
  const leftPanel = new Panel(
    'left',
    left,
    tile.rows,
    tile.rows / tile.threadRows,
    'threadRow',
    tile,
    threads,
  );
  const rightPanel = new Panel(
    'right',
    right,
    tile.columns,
    tile.columns / tile.threadColumns,
    'threadColumn',
    tile,
    threads,
  );
  const panels = [leftPanel, rightPanel];
  const quad = halves ? 'vec4<f16>' : 'vec4f';
  const both = (write: (panel: Panel) => string) => panels.map(write).join('\n');
  const fill = tile.panels === 2 ? '(step & 1u)' : '0u';
  return `${halves ? 'enable f16;\n' : ''}${parts.declarations}
${both(({ name, quads }) => `var<workgroup> ${name}Panel: array<${quad}, ${quads * tile.panels}>;`)}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) localIndex: u32) {
  let tileNumber = group.x + group.y * sizes.tilesAcross;
  if (tileNumber >= sizes.rowTiles * sizes.columnTiles) { return; }
  let firstRow = (tileNumber / sizes.columnTiles) * ${tile.rows}u;
  let firstColumn = (tileNumber % sizes.columnTiles) * ${tile.columns}u;
  ${placeThreads(tile)}
  ${parts.start}
  let steps = (max(depthEnd, firstDepth) - firstDepth + ${tile.depth - 1}u) / ${tile.depth}u;
  ${both((panel) => panel.start())}
  ${both((panel) => panel.declareQuads())}
  ${declareSums(tile)}
  if (steps > 0u) {
    ${both((panel) => panel.fetch())}
  }
  for (var step = 0u; step < steps; step++) {
    ${tile.panels === 1 ? 'if (step > 0u) { workgroupBarrier(); }' : ''}
    ${both((panel) => panel.keep(fill, halves ? (panel.name === parts.gradient ? GRADIENT_SCALE : 1) : undefined))}
    workgroupBarrier();
    if (step + 1u < steps) {
      ${left.advance()}
      ${right.advance()}
      ${both((panel) => panel.fetch())}
    }
    ${multiplyPanels(tile, leftPanel, rightPanel, fill)}
  }
  ${parts.outcome.start()}
  ${storeSums(tile, parts.outcome, halves && parts.gradient !== undefined ? ` * ${1 / GRADIENT_SCALE}` : '')}
}
`;
}

/**
 * Where a thread's block lies in the tile. A warp (32 threads) takes 4 x 8 blocks where they fit: it then reads 4 quads of one panel and 8
 * of the other at once, and not 2 and 16, of which the 16 would take twice the time.
 *
 * The masks change nothing: they tell the compiler that no index leaves a panel, so that it can drop the checks that WebGPU adds.
 */
function placeThreads(tile: TileShape): string {
  const threads = threadsOf(tile);
  const rowLanes = tile.rows / tile.threadRows;
  const columnLanes = tile.columns / tile.threadColumns;
  const thread = `let thread = localIndex & ${threads - 1}u;`;
  if (rowLanes % 4 !== 0 || columnLanes % 8 !== 0) {
    return `${thread}
  let threadRow = thread / ${columnLanes}u;
  let threadColumn = thread % ${columnLanes}u;`;
  }
  const warpsAcross = columnLanes / 8;
  return `${thread}
  let threadRow = thread / ${warpsAcross * 32}u * 4u + thread / 8u % 4u;
  let threadColumn = thread / 32u % ${warpsAcross}u * 8u + thread % 8u;`;
}

/** One operand's panel in shared memory, and the quads that a thread fetches for it. */
class Panel {
  readonly quads: number;
  /** Quads a thread fetches in a step. */
  private readonly fetches: number;
  private readonly isDepthLast: boolean;
  private readonly depthQuads: number;

  constructor(
    readonly name: 'left' | 'right',
    private readonly operand: Operand,
    /** Rows of the panel; columns, for the right operand. */
    private readonly size: number,
    /** Threads that share out the rows. */
    private readonly lanes: number,
    private readonly lane: string,
    private readonly tile: TileShape,
    private readonly threads: number,
  ) {
    this.quads = (size * tile.depth) / 4;
    this.fetches = Math.ceil(this.quads / threads);
    this.isDepthLast = operand.layout === 'depthLast';
    this.depthQuads = tile.depth / 4;
  }

  /** Where each quad of this thread is fetched from and kept, before the loop. */
  start(): string {
    const { name, size, depthQuads, threads, operand } = this;
    const first = name === 'left' ? 'firstRow' : 'firstColumn';
    const quads = Array.from({ length: this.fetches }, (_, r) => {
      const index = `(thread + ${r * threads}u)`;
      if (!this.isDepthLast) {
        const row = `(${first} / 4u + ${index} % ${size / 4}u)`;
        return operand.startQuad(r, row, `(firstDepth + ${index} / ${size / 4}u)`);
      }
      const own = `${index} / ${depthQuads}u`;
      return `
        let ${name}Place${r} = ((${own}) % 4u) * ${size / 4}u + (${own}) / 4u;
        let ${name}Slot${r} = ${name}Place${r} * ${depthQuads}u + ((${index} % ${depthQuads}u) ^ ${this.turn(`${name}Place${r}`)});
        ${operand.startQuad(r, `(${first} + ${own})`, `(firstDepth + 4u * (${index} % ${depthQuads}u))`)}`;
    });
    const laneTurn = this.isDepthLast ? `let ${name}Turn = ${this.turn(this.lane)};` : '';
    return [operand.start(), ...quads, laneTurn].join('\n');
  }

  /** By how much a place's quads are turned: eight quads are all the banks. */
  private turn(place: string): string {
    const { depthQuads } = this;
    if (depthQuads === 1) return '0u';
    return `((${place} >> ${Math.max(0, Math.log2(8 / depthQuads))}u) & ${depthQuads - 1}u)`;
  }

  declareQuads(): string {
    return Array.from({ length: this.fetches }, (_, r) => `var ${this.name}Quad${r}: vec4f;`).join('\n');
  }

  fetch(): string {
    return this.eachQuad((r) => this.operand.fetch(r, `${this.name}Quad${r}`));
  }

  /** Puts the fetched quads into panel `panel` (an expression). */
  keep(panel: string, halvesScale: number | undefined): string {
    const { name, quads, threads } = this;
    return this.eachQuad((r) => {
      const slot = this.isDepthLast ? `${name}Slot${r}` : `thread + ${r * threads}u`;
      const fetched = `${name}Quad${r}`;
      const value =
        halvesScale === undefined
          ? fetched
          : `vec4<f16>(clamp(${fetched}${halvesScale === 1 ? '' : ` * ${halvesScale}.0`}, vec4f(-${LARGEST_HALF}), vec4f(${LARGEST_HALF})))`;
      return `${name}Panel[${panel} * ${quads}u + ${slot}] = ${value};`;
    });
  }

  private eachQuad(write: (r: number) => string): string {
    return Array.from({ length: this.fetches }, (_, r) => {
      const isWhole = (r + 1) * this.threads <= this.quads;
      return isWhole ? write(r) : `if (thread < ${this.quads - r * this.threads}u) { ${write(r)} }`;
    }).join('\n');
  }

  /** Blocks of four rows that a thread has. */
  private get blocks(): number {
    return this.size / 4 / this.lanes;
  }

  /** Depth first: the thread's rows at step `k` of the depth, as `vec4f`s `<name>_<k>_<block>`. */
  readAcross(panel: string, k: number, depth: string): string {
    const { name, size, lane, lanes, quads } = this;
    return Array.from(
      { length: this.blocks },
      (_, block) =>
        `let ${name}_${k}_${block} = vec4f(${name}Panel[${panel} * ${quads}u + (${depth}) * ${size / 4}u + ${lane} + ${block * lanes}u]);`,
    ).join('\n');
  }

  /** Depth last: four steps of the depth from quad `depthQuad` of row `block * 4 + q`, as the `vec4f` `<name>_<block>_<q>`. */
  readAlong(panel: string, block: number, q: number, depthQuad: string): string {
    const { name, size, lane, lanes, quads, depthQuads } = this;
    const place = `${lane} + ${(q * size) / 4 + block * lanes}u`;
    // The rotation is the lane's; the other places are a multiple of eight away.
    return `let ${name}_${block}_${q} = vec4f(${name}Panel[${panel} * ${quads}u + (${place}) * ${depthQuads}u + ((${depthQuad}) ^ ${this.turnOfLane(q, block)})]);`;
  }

  private turnOfLane(q: number, block: number): string {
    const shift = (q * this.size) / 4 + block * this.lanes;
    return shift % 8 === 0 || this.depthQuads === 1
      ? `${this.name}Turn`
      : this.turn(`(${this.lane} + ${shift}u)`);
  }

  /** Row `block * 4 + q` at step `k` of four, a f32 expression. */
  value(block: number, q: number, k: number): string {
    return this.isDepthLast ? `${this.name}_${block}_${q}[${k}]` : `${this.name}_${k}_${block}[${q}]`;
  }

  /** Block `block` at step `k` of four, a `vec4f` expression. */
  vector(block: number, k: number): string {
    return this.isDepthLast
      ? `vec4f(${[0, 1, 2, 3].map((q) => this.value(block, q, k)).join(', ')})`
      : `${this.name}_${k}_${block}`;
  }

  get alongDepth(): boolean {
    return this.isDepthLast;
  }

  get blockCount(): number {
    return this.blocks;
  }
}

function eachSum(tile: TileShape, write: (row: number, block: number) => string): string {
  const lines: string[] = [];
  for (let row = 0; row < tile.threadRows; row++) {
    for (let block = 0; block < tile.threadColumns / 4; block++) lines.push(write(row, block));
  }
  return lines.join('\n');
}

function declareSums(tile: TileShape): string {
  return eachSum(tile, (row, block) => `var sum_${row}_${block} = vec4f();`);
}

/** Multiplies what is in panel `panel`; the sums are written out, since a card keeps an indexed array in slow memory. */
function multiplyPanels(tile: TileShape, left: Panel, right: Panel, panel: string): string {
  const isAcross = !left.alongDepth && !right.alongDepth;
  if (isAcross) {
    return `for (var k = 0u; k < ${tile.depth}u; k++) {
      ${left.readAcross(panel, 0, 'k')}
      ${right.readAcross(panel, 0, 'k')}
      ${eachSum(tile, (row, block) => multiply(left, right, row, block, 0))}
    }`;
  }
  const steps = [0, 1, 2, 3];
  const rightReads = right.alongDepth
    ? readAllAlong(right, panel)
    : steps.map((k) => right.readAcross(panel, k, `quad * 4u + ${k}u`)).join('\n');
  const rows = Array.from({ length: left.blockCount * 4 }, (_, row) => row);
  const products = left.alongDepth
    ? rows
        .map(
          (row) => `${left.readAlong(panel, Math.floor(row / 4), row % 4, 'quad')}
          ${steps.map((k) => productsOfRow(tile, left, right, row, k)).join('\n')}`,
        )
        .join('\n')
    : steps
        .map(
          (k) => `${left.readAcross(panel, k, `quad * 4u + ${k}u`)}
          ${rows.map((row) => productsOfRow(tile, left, right, row, k)).join('\n')}`,
        )
        .join('\n');
  return `for (var quad = 0u; quad < ${tile.depth / 4}u; quad++) {
    ${rightReads}
    ${products}
  }`;
}

function readAllAlong(panel: Panel, number: string): string {
  const lines: string[] = [];
  for (let block = 0; block < panel.blockCount; block++) {
    for (let q = 0; q < 4; q++) lines.push(panel.readAlong(number, block, q, 'quad'));
  }
  return lines.join('\n');
}

function productsOfRow(tile: TileShape, left: Panel, right: Panel, row: number, k: number): string {
  return Array.from({ length: tile.threadColumns / 4 }, (_, block) =>
    multiply(left, right, row, block, k),
  ).join('\n');
}

function multiply(left: Panel, right: Panel, row: number, block: number, k: number): string {
  const factor = left.value(Math.floor(row / 4), row % 4, k);
  return `sum_${row}_${block} = fma(vec4f(${factor}), ${right.vector(block, k)}, sum_${row}_${block});`;
}

function storeSums(tile: TileShape, outcome: Outcome, factor: string): string {
  const rowLanes = tile.rows / tile.threadRows;
  const columnLanes = tile.columns / tile.threadColumns;
  return Array.from({ length: tile.threadRows }, (_, row) => {
    const place = `firstRow + (threadRow + ${Math.floor(row / 4) * rowLanes}u) * 4u + ${row % 4}u`;
    const stores = Array.from({ length: tile.threadColumns / 4 }, (_, block) =>
      outcome.store(
        `(firstColumn / 4u + threadColumn + ${block * columnLanes}u)`,
        `(sum_${row}_${block}${factor})`,
      ),
    );
    return `{ ${outcome.startRow(place)}\n${stores.join('\n')} }`;
  }).join('\n');
}
