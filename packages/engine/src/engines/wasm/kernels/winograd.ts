import type { ConvolutionShape } from '../../../kernels/convolution-shape';
import type { KernelContext, TensorInfo } from '../kernel-context';
import { KERNEL_NUMBER } from '../kernel-number';

import { productMode, type ProductEnd } from './gathered-product';

const BYTES = 4;
/** Outputs a tile has in each direction, and products a channel pair costs. */
const TILE_SIZE = 4;
const FREQUENCIES = 36;
const PANEL_COLUMNS = 8;
/** Layout shared with assembly/winograd.ts: what lies between two of the 36 matrices. */
const SKEW_BYTES = 64;
/** Limits of the scratch memory's layout in assembly/winograd.ts. */
const MAXIMUM_CHANNELS = 1024;
const TILE_VALUES = 4096;
const MAXIMUM_TILES_A_JOB = 32;
const GRADIENT_CHANNELS_A_JOB = 32;
/** Below this the transforms cost more than the products they save. */
const MINIMUM_CHANNELS = 16;
/**
 * Costs in units of a direct product's pixel, measured: a tile's 36 products, and the transform of the filter. A tile that overlaps
 * the image's edge costs as much as a whole one.
 */
const TILE_COST = 4.2;
const FILTER_COST = 76;

/**
 * True if a convolution is one that Winograd's F(4x4, 3x3) computes, and faster than the direct product.
 *
 * @param isFilterKept True if the transformed filter outlives the call, as in inference, so that its cost does not count.
 */
export function suitsWinograd(shape: ConvolutionShape, isFilterKept: boolean): boolean {
  const { inChannels, outChannels } = shape;
  const isPlain3x3 =
    shape.filterHeight === 3 &&
    shape.filterWidth === 3 &&
    [shape.strideY, shape.strideX, shape.dilationY, shape.dilationX].every((value) => value === 1);
  return (
    isPlain3x3 &&
    [inChannels, outChannels].every(
      (channels) =>
        channels % PANEL_COLUMNS === 0 && channels >= MINIMUM_CHANNELS && channels <= MAXIMUM_CHANNELS,
    ) &&
    shape.batch * shape.outHeight * shape.outWidth >
      TILE_COST * tileCount(shape.batch, shape.outHeight, shape.outWidth) + (isFilterKept ? 0 : FILTER_COST)
  );
}

/** A 3x3 product of stride 1: a convolution, or the gradient of its input. */
export interface WinogradProduct extends ProductEnd {
  readonly image: number;
  readonly filter: TensorInfo;
  readonly output: number;
  readonly batch: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly outHeight: number;
  readonly outWidth: number;
  /** Channels of the image and of the output. */
  readonly depth: number;
  readonly columns: number;
  readonly padTop: number;
  readonly padLeft: number;
  /** True for the gradient of the input: the filter is turned by half a turn and lies as [columns][depth]. */
  readonly transposed: boolean;
}

/** Transforms the filter and computes the product on all threads. */
export function winogradProduct(context: KernelContext, product: WinogradProduct): void {
  const { depth, columns, outHeight, outWidth } = product;
  const panels = columns / PANEL_COLUMNS;
  const tiles = tileCount(product.batch, outHeight, outWidth);
  const tilesAJob = chooseTilesAJob(tiles, depth, context.pool.threads);
  const columnJobs = Math.min(panels, Math.ceil((2 * context.pool.threads) / Math.ceil(tiles / tilesAJob)));
  const panelsAJob = Math.ceil(panels / columnJobs);
  context.weights.with(
    product.filter.dataId,
    `winograd ${product.transposed}`,
    panels * FREQUENCIES * (depth * PANEL_COLUMNS * BYTES + SKEW_BYTES),
    (filter) => {
      context.pool.run(KERNEL_NUMBER.winogradFilter, panels, [
        ...[context.addressOf(product.filter), filter, depth, columns, product.transposed ? 1 : 0],
      ]);
    },
    (filter) => {
      context.pool.run(KERNEL_NUMBER.winogradProduct, Math.ceil(tiles / tilesAJob) * columnJobs, [
        ...[product.image, filter, product.output, product.bias ?? 0, productMode(product)],
        ...[product.inHeight, product.inWidth, outHeight, outWidth, depth, columns],
        ...[product.padTop, product.padLeft, tiles, tilesAJob, panelsAJob, columnJobs],
      ]);
    },
  );
}

/** The gradient of the filter of a convolution that {@link suitsWinograd}. */
export function winogradFilterGradient(
  context: KernelContext,
  shape: ConvolutionShape,
  addresses: { readonly x: number; readonly dy: number; readonly dFilter: number },
): void {
  const { inChannels, outChannels, outHeight, outWidth } = shape;
  const rowJobs = Math.ceil(inChannels / GRADIENT_CHANNELS_A_JOB);
  const columnJobs = Math.ceil(outChannels / GRADIENT_CHANNELS_A_JOB);
  context.pool.run(KERNEL_NUMBER.winogradFilterGradient, rowJobs * columnJobs, [
    ...[addresses.x, addresses.dy, addresses.dFilter, 0, 0],
    ...[shape.inHeight, shape.inWidth, outHeight, outWidth, inChannels, outChannels],
    ...[shape.padTop, shape.padLeft, tileCount(shape.batch, outHeight, outWidth)],
    ...[GRADIENT_CHANNELS_A_JOB, GRADIENT_CHANNELS_A_JOB, columnJobs],
  ]);
}

function tileCount(batch: number, height: number, width: number): number {
  return batch * Math.ceil(height / TILE_SIZE) * Math.ceil(width / TILE_SIZE);
}

/** As many as the scratch memory holds, since each job reads the whole filter; fewer if that leaves threads without work. */
function chooseTilesAJob(tiles: number, depth: number, threads: number): number {
  const most = Math.max(4, Math.min(MAXIMUM_TILES_A_JOB, Math.floor(TILE_VALUES / depth / 4) * 4));
  if (threads === 1) return most;
  const fair = Math.ceil(tiles / (6 * threads) / 4) * 4;
  return Math.min(most, Math.max(8, fair));
}
