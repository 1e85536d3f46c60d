import {
  convolutionShape,
  isChannelsLast,
  type ConvolutionAttributes,
  type ConvolutionShape,
} from '../../../kernels/convolution-shape';
import { inputsOf } from '../../../kernels/kernel-call';
import type { KernelContext, TensorInfo } from '../kernel-context';
import { KERNEL_NUMBER } from '../kernel-number';

import { filterTaps } from './convolution';
import { fill } from './elementwise';
import { gatheredProduct, type Tap } from './gathered-product';
import type { KernelDefinition } from './kernel-definition';
import { suitsWinograd, winogradFilterGradient, winogradProduct } from './winograd';

const BYTES = 4;

/** The gradient of a convolution with respect to its input. */
export const conv2dBackpropInput: KernelDefinition = {
  name: 'Conv2DBackpropInput',
  compute(context, call) {
    const { dy, filter } = inputsOf<'dy' | 'filter'>(call);
    const attrs = call.attrs as ConvolutionAttributes & { inputShape: number[] };
    if (!isChannelsLast(attrs)) return undefined;
    const shape = convolutionShape(attrs.inputShape, filter.shape, attrs, dy.shape);
    const dx = context.output(attrs.inputShape);
    if (suitsWinograd(shape, false)) {
      winogradInputGradient(context, shape, dy, filter, dx);
      return dx;
    }
    const phases = inputPhases(shape);
    if (phases.some(({ taps }) => taps.length === 0)) fill(context, dx, 0);
    for (const phase of phases) {
      if (phase.taps.length > 0) computePhase(context, shape, phase, dy, filter, dx);
    }
    return dx;
  },
};

function winogradInputGradient(
  context: KernelContext,
  shape: ConvolutionShape,
  dy: TensorInfo,
  filter: TensorInfo,
  dx: TensorInfo,
): void {
  winogradProduct(context, {
    image: context.addressOf(dy),
    filter,
    output: context.addressOf(dx),
    batch: shape.batch,
    inHeight: shape.outHeight,
    inWidth: shape.outWidth,
    outHeight: shape.inHeight,
    outWidth: shape.inWidth,
    depth: shape.outChannels,
    columns: shape.inChannels,
    padTop: shape.filterHeight - 1 - shape.padTop,
    padLeft: shape.filterWidth - 1 - shape.padLeft,
    transposed: true,
  });
}

/** Input pixels whose coordinates leave one remainder by the stride: they all see the same taps. */
export interface InputPhase {
  readonly y: number;
  readonly x: number;
  readonly taps: readonly Tap[];
}

/** All phases of the gradient of a convolution's input. */
export function inputPhases(shape: ConvolutionShape): InputPhase[] {
  const phases: InputPhase[] = [];
  for (let y = 0; y < Math.min(shape.strideY, shape.inHeight); y++) {
    for (let x = 0; x < Math.min(shape.strideX, shape.inWidth); x++) {
      // Tap (dy, dx) carries output pixel o to input pixel o * stride + d; here the other way round.
      const taps = filterTaps(shape)
        .filter((tap) => (y - tap.dy) % shape.strideY === 0 && (x - tap.dx) % shape.strideX === 0)
        .map(({ dy, dx, weights }) => ({
          dy: (y - dy) / shape.strideY,
          dx: (x - dx) / shape.strideX,
          weights,
        }));
      phases.push({ y, x, taps });
    }
  }
  return phases;
}

function computePhase(
  context: KernelContext,
  shape: ConvolutionShape,
  { y, x, taps }: InputPhase,
  dy: TensorInfo,
  filter: TensorInfo,
  dx: TensorInfo,
): void {
  const { batch, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, strideY, strideX } = shape;
  gatheredProduct(context, {
    image: context.addressOf(dy),
    inHeight: outHeight,
    inWidth: outWidth,
    batch,
    outHeight: Math.ceil((inHeight - y) / strideY),
    outWidth: Math.ceil((inWidth - x) / strideX),
    strideY: 1,
    strideX: 1,
    taps,
    weights: {
      tensor: filter,
      address: context.addressOf(filter),
      depth: outChannels,
      columns: inChannels,
      stride: outChannels,
      transposed: true,
    },
    output: context.addressOf(dx) + (y * inWidth + x) * inChannels * BYTES,
    outStrides: {
      image: inHeight * inWidth * inChannels,
      row: strideY * inWidth * inChannels,
      pixel: strideX * inChannels,
    },
  });
}

/** The gradient of a convolution with respect to its filter: tfjs's wasm backend has none (tfjs#8474). */
export const conv2dBackpropFilter: KernelDefinition = {
  name: 'Conv2DBackpropFilter',
  compute(context, call) {
    const { x, dy } = inputsOf<'x' | 'dy'>(call);
    const attrs = call.attrs as ConvolutionAttributes & { filterShape: number[] };
    if (!isChannelsLast(attrs))
      throw new Error('Conv2DBackpropFilter on wasm has channels-last tensors only.');
    const shape = convolutionShape(x.shape, attrs.filterShape, attrs, dy.shape);
    const dFilter = context.output(attrs.filterShape);
    if (suitsWinograd(shape, false)) {
      winogradFilterGradient(context, shape, {
        x: context.addressOf(x),
        dy: context.addressOf(dy),
        dFilter: context.addressOf(dFilter),
      });
    } else {
      filterGradient(context, shape, x, dy, dFilter);
    }
    return dFilter;
  },
};

function filterGradient(
  context: KernelContext,
  shape: ConvolutionShape,
  x: TensorInfo,
  dy: TensorInfo,
  dFilter: TensorInfo,
): void {
  const { batch, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = shape;
  const taps = filterTaps(shape);
  const rows = taps.length * inChannels;
  const tile = filterGradientTile(rows, outChannels, context.pool.threads);
  const columnTiles = Math.ceil(outChannels / tile.columns);
  context.withIntegers(
    taps.flatMap((tap) => [tap.dy, tap.dx]),
    (tapTable) =>
      context.withBuffer(64, (dummyRow) =>
        context.pool.run(KERNEL_NUMBER.filterGradient, Math.ceil(rows / tile.rows) * columnTiles, [
          ...[context.addressOf(x), context.addressOf(dy), context.addressOf(dFilter), dummyRow],
          ...[batch * outHeight * outWidth, outHeight, outWidth, inHeight, inWidth, inChannels],
          ...[shape.strideY, shape.strideX, tapTable, taps.length, outChannels],
          ...[tile.rows, tile.columns, columnTiles],
        ]),
      ),
  );
}

/** A tile at most as large as its packed panels have room, and small enough to give every thread some. */
function filterGradientTile(
  rows: number,
  columns: number,
  threads: number,
): { rows: number; columns: number } {
  const tile = { rows: Math.min(128, roundUp(rows, 4)), columns: Math.min(128, roundUp(columns, 8)) };
  const tiles = () => Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns);
  while (threads > 1 && tiles() < 4 * threads && (tile.rows > 16 || tile.columns > 16)) {
    if (tile.rows >= tile.columns && tile.rows > 16) tile.rows = roundUp(tile.rows / 2, 4);
    else tile.columns = roundUp(tile.columns / 2, 8);
  }
  return tile;
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
