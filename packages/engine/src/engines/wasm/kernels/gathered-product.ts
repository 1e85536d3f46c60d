import type { ProductActivation } from '../../../kernels/fused-activation';
import type { KernelContext, TensorInfo } from '../kernel-context';
import { KERNEL_NUMBER } from '../kernel-number';

/** Rows of a tile: their packed values stay in the second-level cache. */
const BLOCK_ROWS = 32;
/** So few rows make one tile, which reads the weights once: as many as the scratch memory of assembly/convolution.ts holds. */
const MAXIMUM_BLOCK_ROWS = 64;
/** Columns of a packed panel. */
const PANEL_COLUMNS = 8;
const BYTES = 4;

/** What a fused activation does to the sums: flags of assembly/gemm.ts. */
const ACTIVATION_MODES: Readonly<Record<ProductActivation, number>> = { linear: 0, relu: 4, relu6: 4 | 8 };
const ACCUMULATE = 1;
const ADD_BIAS = 2;

/** What a product does with its sums. */
export interface ProductEnd {
  /** True to add what the output holds, before the bias. Default false. */
  readonly accumulates?: boolean | undefined;
  /** Address of a value a column to add. */
  readonly bias?: number | undefined;
  readonly activation?: ProductActivation | undefined;
}

/** The flags of assembly/gemm.ts for what a product does with its sums. */
export function productMode({ accumulates = false, bias, activation = 'linear' }: ProductEnd): number {
  return ACTIVATION_MODES[activation] | (bias === undefined ? 0 : ADD_BIAS) | (accumulates ? ACCUMULATE : 0);
}

/** One tap of a filter: where its input pixel lies relative to the output pixel's. */
export interface Tap {
  readonly dy: number;
  readonly dx: number;
  /** Where the tap's weights begin, in values from the filter's first. */
  readonly weights: number;
}

/** A matrix of weights a tap, as it lies in memory. */
export interface WeightMatrix {
  /** The tensor that holds them. */
  readonly tensor: TensorInfo;
  /** Address of the first value. */
  readonly address: number;
  /** Rows: input channels of the product. */
  readonly depth: number;
  /** Columns: output channels of the product. */
  readonly columns: number;
  /** Values from one row to the next, or, transposed, from one column to the next. */
  readonly stride: number;
  /** True if the matrix lies as [columns][depth]. */
  readonly transposed: boolean;
}

/** A product of pixels gathered from an image with a matrix of weights. */
export interface GatheredProduct extends ProductEnd {
  readonly image: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly batch: number;
  /** The grid of output pixels. */
  readonly outHeight: number;
  readonly outWidth: number;
  /** Input pixels from one output pixel to the next. */
  readonly strideY: number;
  readonly strideX: number;
  readonly taps: readonly Tap[];
  readonly weights: WeightMatrix;
  readonly output: number;
  /** Values from one output image, row and pixel to the next. */
  readonly outStrides: { readonly image: number; readonly row: number; readonly pixel: number };
  /** True if the left side is a dense matrix [depth][rows] instead of an image. */
  readonly leftTransposed?: boolean | undefined;
}

/** Packs the weights and computes the product on all threads. */
export function gatheredProduct(context: KernelContext, product: GatheredProduct): void {
  const { weights, taps } = product;
  const panels = Math.ceil(weights.columns / PANEL_COLUMNS);
  const panelBytes = taps.length * weights.depth * PANEL_COLUMNS * BYTES;
  context.weights.with(
    weights.tensor.dataId,
    formOf(product),
    panels * panelBytes,
    (packed) => {
      packWeights(context, product, packed, panels, panelBytes);
    },
    (packed) => {
      multiply(context, product, packed, panels);
    },
  );
}

/** Tells the packed weights of one product from others of the same tensor. */
function formOf({ weights, taps }: GatheredProduct): string {
  const { address, depth, columns, stride, transposed } = weights;
  return [address, depth, columns, stride, transposed, ...taps.map((tap) => tap.weights)].join();
}

function packWeights(
  context: KernelContext,
  { weights, taps }: GatheredProduct,
  packed: number,
  panels: number,
  panelBytes: number,
): void {
  const offsets = taps.map((tap) => tap.weights * BYTES);
  context.withIntegers(offsets, (tapOffsets) =>
    context.pool.run(KERNEL_NUMBER.packFilter, panels * taps.length, [
      ...[weights.address, packed, tapOffsets, panels, weights.depth, weights.columns],
      ...[weights.stride * BYTES, weights.transposed ? 1 : 0, panelBytes],
    ]),
  );
}

function multiply(context: KernelContext, product: GatheredProduct, packed: number, panels: number): void {
  const { weights, taps, outStrides } = product;
  const rows = product.batch * product.outHeight * product.outWidth;
  const rowsATile = rows <= MAXIMUM_BLOCK_ROWS ? rows : BLOCK_ROWS;
  const rowTiles = Math.ceil(rows / rowsATile);
  const panelsATile = tilePanels(rowTiles, panels, context.pool.threads);
  const columnTiles = Math.ceil(panels / panelsATile);
  const dummyRowBytes = panels * PANEL_COLUMNS * BYTES;
  context.withIntegers(
    taps.flatMap(({ dy, dx }, index) => [dy, dx, neighbours(taps, index)]),
    (tapTable) =>
      context.withBuffer(dummyRowBytes, (dummyRow) =>
        context.pool.run(KERNEL_NUMBER.gatheredProduct, rowTiles * columnTiles, [
          ...[product.image, packed, product.output, product.bias ?? 0, productMode(product), rows],
          ...[product.outHeight, product.outWidth, product.inHeight, product.inWidth, weights.depth],
          ...[product.strideY, product.strideX, tapTable, taps.length, weights.columns],
          ...[outStrides.image * BYTES, outStrides.row * BYTES, outStrides.pixel * BYTES],
          ...[panelsATile, columnTiles, product.leftTransposed === true ? 1 : 0, rowsATile, dummyRow],
        ]),
      ),
  );
}

/** How many taps, from the one at `index` on, read neighbouring pixels of one row of the image. */
function neighbours(taps: readonly Tap[], index: number): number {
  const first = taps[index]!;
  let count = 1;
  for (let next = taps[index + 1]; next?.dy === first.dy && next.dx === first.dx + count;) {
    count++;
    next = taps[index + count];
  }
  return count;
}

/** All panels in one tile, since each tile packs its rows again, unless that leaves threads without work. */
function tilePanels(rowTiles: number, panels: number, threads: number): number {
  const wanted = threads === 1 ? 1 : 8 * threads;
  if (rowTiles >= wanted) return panels;
  return Math.max(4, Math.ceil(panels / Math.ceil(wanted / rowTiles)));
}
