import { GROUPED_KERNELS } from '@zoo/core';

import { groupedShape, type GroupedShape } from '../../../kernels/convolution-shape';
import type { KernelContext, TensorInfo } from '../kernel-context';
import { KERNEL_NUMBER } from '../kernel-number';

import { filterTaps } from './convolution';
import { inputPhases } from './convolution-gradients';
import { fill } from './elementwise';
import type { Tap } from './gathered-product';
import { fusedKernel } from './kernel-definition';

const BYTES = 4;

/** Output pixels of a tile: a group's filter is read once for all of them. */
const PIXELS_A_TILE = 32;

/** Channels of an input pixel that fill a cache line: groups that share one are summed by one tile. */
const CHANNELS_A_LINE = 16;

/** Output pixels whose values of a few groups stay in the cache for all taps of a filter's gradient. */
const PIXELS_A_PASS = 1024;

export const groupedConvolution = fusedKernel(
  GROUPED_KERNELS.groupedConvolution,
  (context, { x, filter }, attrs) => {
    const shape = groupedShape(x.shape, filter.shape, attrs);
    const { batch, outHeight, outWidth, outChannels, groups, depth } = shape;
    const output = context.output([batch, outHeight, outWidth, outChannels]);
    groupedProduct(context, {
      ...{ image: x, filter, output: context.addressOf(output), batch, outHeight, outWidth },
      ...{ inHeight: shape.inHeight, inWidth: shape.inWidth, strideY: shape.strideY, strideX: shape.strideX },
      ...{ groups, depth, columns: outChannels / groups, isTransposed: false, taps: tapsOf(shape) },
      outStrides: {
        image: outHeight * outWidth * outChannels,
        row: outWidth * outChannels,
        pixel: outChannels,
      },
    });
    return output;
  },
);

export const groupedConvolutionInputGradient = fusedKernel(
  GROUPED_KERNELS.groupedConvolutionInputGrad,
  (context, { dy, filter }, attrs) => {
    const shape = groupedShape(attrs.inputShape, filter.shape, attrs, dy.shape);
    const { batch, inHeight, inWidth, inChannels, outChannels, groups, depth, strideY, strideX } = shape;
    const dx = context.output(attrs.inputShape);
    const phases = inputPhases({ ...shape, inChannels: depth });
    if (phases.some(({ taps }) => taps.length === 0)) fill(context, dx, 0);
    for (const { y, x, taps } of phases) {
      if (taps.length === 0) continue;
      groupedProduct(context, {
        ...{ image: dy, filter, batch, inHeight: shape.outHeight, inWidth: shape.outWidth },
        ...{ groups, depth: outChannels / groups, columns: depth, isTransposed: true, taps },
        output: context.addressOf(dx) + (y * inWidth + x) * inChannels * BYTES,
        ...{ outHeight: Math.ceil((inHeight - y) / strideY), outWidth: Math.ceil((inWidth - x) / strideX) },
        ...{ strideY: 1, strideX: 1 },
        outStrides: {
          image: inHeight * inWidth * inChannels,
          row: strideY * inWidth * inChannels,
          pixel: strideX * inChannels,
        },
      });
    }
    return dx;
  },
);

export const groupedConvolutionFilterGradient = fusedKernel(
  GROUPED_KERNELS.groupedConvolutionFilterGrad,
  (context, { x, dy }, attrs) => {
    const shape = groupedShape(x.shape, attrs.filterShape, attrs, dy.shape);
    const { batch, inHeight, inWidth, outChannels, outHeight, outWidth, groups, depth } = shape;
    const dFilter = context.output(attrs.filterShape);
    const taps = tapsOf(shape);
    const groupsATile = Math.max(1, Math.floor(CHANNELS_A_LINE / depth));
    context.withIntegers(
      taps.flatMap((tap) => [tap.dy, tap.dx]),
      (tapTable) =>
        context.pool.run(KERNEL_NUMBER.groupedFilterGradient, Math.ceil(groups / groupsATile), [
          ...[context.addressOf(x), context.addressOf(dy), context.addressOf(dFilter), batch],
          ...[outHeight, outWidth, inHeight, inWidth, shape.strideY, shape.strideX],
          ...[tapTable, taps.length, groups, depth, outChannels / groups, groupsATile],
          Math.max(1, Math.floor(PIXELS_A_PASS / (outHeight * outWidth))),
        ]),
    );
    return dFilter;
  },
);

function tapsOf(shape: GroupedShape): Tap[] {
  return filterTaps({ ...shape, inChannels: shape.depth });
}

/** Pixels of an image, group by group times that group's matrix of each tap: a convolution, or a phase of its input's gradient. */
interface GroupedProduct {
  readonly image: TensorInfo;
  readonly filter: TensorInfo;
  /** Address of the first output pixel's values. */
  readonly output: number;
  readonly batch: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly taps: readonly Tap[];
  readonly groups: number;
  /** Channels of a group in the image, and in the output. */
  readonly depth: number;
  readonly columns: number;
  /** True if a tap's matrix lies in the filter as [columns][depth]. */
  readonly isTransposed: boolean;
  /** Values from one output image, row and pixel to the next. */
  readonly outStrides: { readonly image: number; readonly row: number; readonly pixel: number };
}

function groupedProduct(context: KernelContext, product: GroupedProduct): void {
  const { filter, taps, groups, depth, columns, isTransposed } = product;
  const padded = Math.ceil(columns / 4) * 4;
  context.weights.with(
    filter.dataId,
    ['grouped', groups, isTransposed, ...taps.map((tap) => tap.weights)].join(),
    groups * taps.length * depth * padded * BYTES,
    (packed) => {
      packGroups(context, product, packed);
    },
    (packed) => {
      multiply(context, product, packed);
    },
  );
}

function packGroups(context: KernelContext, product: GroupedProduct, packed: number): void {
  const { filter, taps, groups, depth, columns, isTransposed } = product;
  const filters = groups * (isTransposed ? depth : columns) * BYTES;
  context.withIntegers(
    taps.map((tap) => tap.weights * BYTES),
    (tapOffsets) =>
      context.pool.run(KERNEL_NUMBER.packGroup, groups, [
        ...[context.addressOf(filter), packed, tapOffsets, taps.length, depth, columns, filters / groups],
        ...(isTransposed ? [BYTES, filters] : [filters, BYTES]),
      ]),
  );
}

function multiply(context: KernelContext, product: GroupedProduct, packed: number): void {
  const { batch, outHeight, outWidth, taps, groups, depth, columns, outStrides } = product;
  const pixels = batch * outHeight * outWidth;
  const pixelTiles = Math.ceil(pixels / PIXELS_A_TILE);
  const { threads } = context.pool;
  const wantedTiles = threads === 1 ? 1 : 8 * threads;
  const groupsATile = Math.ceil(groups / Math.min(groups, Math.ceil(wantedTiles / pixelTiles)));
  const groupTiles = Math.ceil(groups / groupsATile);
  context.withIntegers(
    taps.flatMap(({ dy, dx }) => [dy, dx]),
    (tapTable) =>
      context.withBuffer(groups * depth * BYTES, (zeros) => {
        context.floatsAt(zeros, groups * depth).fill(0);
        context.pool.run(KERNEL_NUMBER.groupedProduct, pixelTiles * groupTiles, [
          ...[context.addressOf(product.image), packed, product.output, zeros, pixels, outHeight, outWidth],
          ...[product.inHeight, product.inWidth, product.strideY, product.strideX, tapTable, taps.length],
          ...[groups, depth, columns],
          ...[outStrides.image * BYTES, outStrides.row * BYTES, outStrides.pixel * BYTES],
          ...[PIXELS_A_TILE, groupsATile, groupTiles],
        ]);
      }),
  );
}
