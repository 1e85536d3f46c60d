import * as tf from '@tensorflow/tfjs-core';

import { shape4D } from '../../../kernels/convolution-shape';
import { inputsOf } from '../../../kernels/kernel-call';
import type { TensorInfo } from '../kernel-context';

import { composing } from './composing';
import { eachFloat, type KernelDefinition } from './kernel-definition';

/** Kernels of rare operations, made of the backend's other kernels: right where TensorFlow.js' own are not, or not there. */

/** Leaky ReLU with a slope of its own for each value, or for what broadcasts to it; stock counts slopes along the last axis only. */
export const prelu: KernelDefinition = {
  name: 'Prelu',
  compute(context, call) {
    const { x, alpha } = inputsOf<'x' | 'alpha'>(call);
    const slopes = tf.util.sizeFromShape(alpha.shape);
    if (slopes === 1 || (slopes === alpha.shape.at(-1) && slopes === x.shape.at(-1))) return undefined;
    return composing(context, (run) => {
      const positive = run('Relu', { x });
      const negative = run('Sub', { a: x, b: positive });
      return run('Add', { a: positive, b: run('Multiply', { a: negative, b: alpha }) });
    });
  },
};

/** Products of tensors summed over the axes that the equation's result lacks; stock has none. */
export const einsum: KernelDefinition = {
  name: 'Einsum',
  compute(context, call) {
    const { equation } = call.attrs as tf.EinsumAttrs;
    const operands = Object.values(call.inputs);
    const { allDims, summedDims, idDims } = tf.backend_util.decodeEinsumEquation(equation, operands.length);
    tf.backend_util.checkEinsumDimSizes(allDims.length, idDims, operands as unknown as tf.Tensor[]);
    return composing(context, (run) => {
      const product = operands
        .map((x, operand) => {
          const dims = idDims[operand]!;
          const perm = dims.map((_, axis) => axis).sort((a, b) => dims[a]! - dims[b]!);
          const shape = allDims.map((_, dim) => (dims.includes(dim) ? x.shape[dims.indexOf(dim)]! : 1));
          return run('Reshape', { x: run('Transpose', { x }, { perm }) }, { shape });
        })
        .reduce((a, b) => run('Multiply', { a, b }));
      if (summedDims.length === 0) return product;
      const axis = allDims.map((_, dim) => dim).slice(allDims.length - summedDims.length);
      return run('Sum', { x: product }, { axis, keepDims: false });
    });
  },
};

/** Stock cuts fill values to whole numbers: fills are written here where a rotated image of ones has none. */
export const rotateWithOffset: KernelDefinition = {
  name: 'RotateWithOffset',
  compute(context, call, stock) {
    const { image } = inputsOf<'image'>(call);
    const attrs = call.attrs as tf.RotateWithOffsetAttrs;
    const channels = image.shape.at(-1)!;
    const fills = Array.isArray(attrs.fillValue)
      ? attrs.fillValue
      : Array.from({ length: channels }, () => attrs.fillValue as number);
    if (fills.every(Number.isInteger)) return undefined;
    const rotate = (x: TensorInfo) => stock({ inputs: { image: x }, attrs: { ...attrs, fillValue: 0 } });
    const rotated = rotate(image) as TensorInfo;
    const ones = context.output(image.shape);
    context.floatsOf(ones).fill(1);
    const inside = rotate(ones) as TensorInfo;
    const insideValues = context.floatsOf(inside);
    const values = context.floatsOf(rotated);
    insideValues.forEach((value, index) => {
      if (value === 0) values[index] = fills[index % channels]!;
    });
    for (const { dataId } of [ones, inside]) context.backend.disposeData(dataId);
    return rotated;
  },
};

/** To bool, whatever is not zero is true; stock keeps the lowest byte. */
export const cast: KernelDefinition = {
  name: 'Cast',
  compute(context, call) {
    const { x } = inputsOf<'x'>(call);
    const { dtype } = call.attrs as tf.CastAttrs;
    if (dtype !== 'bool' || x.dtype === 'bool') return undefined;
    const result = context.backend.makeOutput(x.shape, 'bool');
    const values = context.backend.typedArrayFromHeap(x);
    const truths = context.backend.typedArrayFromHeap(result);
    for (let i = 0; i < truths.length; i++) truths[i] = values[i] === 0 ? 0 : 1;
    return result;
  },
};

/** Stock writes whole numbers whatever type is asked for: as float32 their bits are read as numbers next to zero. */
export const oneHot: KernelDefinition = {
  name: 'OneHot',
  compute(context, call) {
    const { indices } = inputsOf<'indices'>(call);
    const { dtype, depth, onValue, offValue } = call.attrs as tf.OneHotAttrs;
    if (dtype === 'int32') return undefined;
    const result = context.backend.makeOutput([...indices.shape, depth], dtype);
    const places = context.integersOf(indices);
    const values = context.backend.typedArrayFromHeap(result).fill(offValue);
    places.forEach((place, row) => {
      if (place >= 0 && place < depth) values[row * depth + place] = onValue;
    });
    return result;
  },
};

/** Right for arguments of any size; stock's loses its way beyond 1e9. */
export const sine = eachValue('Sin', Math.sin);
export const cosine = eachValue('Cos', Math.cos);

function eachValue(name: string, operation: (value: number) => number): KernelDefinition {
  return eachFloat(name, (context, x, y) => {
    const values = context.floatsOf(x);
    const results = context.floatsOf(y);
    for (let i = 0; i < results.length; i++) results[i] = operation(values[i]!);
  });
}

/** The largest value of each window and where it lies, in the image or in the batch; stock counts from a wrong place. */
export const maxPoolWithArgmax: KernelDefinition = {
  name: 'MaxPoolWithArgmax',
  compute(context, call, stock) {
    const { x } = inputsOf<'x'>(call);
    if (x.dtype !== 'float32') return undefined;
    const { filterSize, strides, pad, includeBatchInIndex } = call.attrs as tf.MaxPoolWithArgmaxAttrs;
    const info = tf.backend_util.computePool2DInfo(shape4D(x.shape), filterSize, strides, 1, pad);
    const [pooled, indexes] = stock(call) as [TensorInfo, TensorInfo];
    const values = context.floatsOf(x);
    const maxima = context.floatsOf(pooled);
    const places = context.integersOf(indexes);
    const { inHeight, inWidth, inChannels: channels, outHeight, outWidth } = info;
    const imageSize = inHeight * inWidth * channels;
    for (let out = 0; out < places.length; out++) {
      const image = Math.floor(out / (outHeight * outWidth * channels));
      const top =
        (Math.floor(out / (outWidth * channels)) % outHeight) * info.strideHeight - info.padInfo.top;
      const left = (Math.floor(out / channels) % outWidth) * info.strideWidth - info.padInfo.left;
      let place = 0;
      let best = Number.NEGATIVE_INFINITY;
      for (let row = Math.max(top, 0); row < Math.min(top + info.filterHeight, inHeight); row++) {
        for (let column = Math.max(left, 0); column < Math.min(left + info.filterWidth, inWidth); column++) {
          const here = (row * inWidth + column) * channels + (out % channels);
          const value = values[image * imageSize + here]!;
          if (value > best) [best, place] = [value, here];
        }
      }
      maxima[out] = best;
      places[out] = includeBatchInIndex ? image * imageSize + place : place;
    }
    return [pooled, indexes];
  },
};
