import type { AttributeValues } from './graph-builder';
import { hasChannelsFirst, unsupportedOption, type LayerCall } from './layer-call';

/** The attributes of a convolution or a pool that say where its windows lie. */
export function windowAttributes(
  call: LayerCall,
  kernelSize: readonly number[],
  dilationRate: unknown = 1,
): AttributeValues {
  const { config } = call;
  const { padding } = config;
  const strides = perAxis(config['strides'], kernelSize.length);
  const dilations = perAxis(dilationRate, kernelSize.length);
  const isDilated = dilations.some((rate) => rate !== 1);
  const attributes = { kernel_shape: kernelSize, strides, ...(isDilated ? { dilations } : {}) };
  const reach = kernelSize.map((size, i) => (size - 1) * dilations[i]!);
  if (padding === 'valid') return { ...attributes, auto_pad: 'VALID' };
  if (padding === 'causal') return { ...attributes, pads: [...reach, ...reach.map(() => 0)] };
  if (padding !== 'same') throw unsupportedOption(call, 'padding', padding);
  // onnxruntime takes auto_pad neither with dilations nor with strides beyond the window.
  const isPlain = !isDilated && strides.every((stride, i) => stride <= kernelSize[i]!);
  if (isPlain) return { ...attributes, auto_pad: 'SAME_UPPER' };
  const totals = strides.map((stride, i) => {
    const size = call.inputShape[i + (hasChannelsFirst(config) ? 2 : 1)] ?? null;
    if (stride === 1 || reach[i] === 0) return reach[i]!;
    if (size === null)
      throw unsupportedOption(call, "padding 'same' of an open size with strides and dilationRate", [
        strides,
        dilations,
      ]);
    return Math.max((Math.ceil(size / stride) - 1) * stride + reach[i]! + 1 - size, 0);
  });
  const before = totals.map((total) => Math.floor(total / 2));
  return { ...attributes, pads: [...before, ...totals.map((total, i) => total - before[i]!)] };
}

/** A size for each of `dimensions` axes: `value` itself, or the one number that it is; 1 where it is left out. */
export function perAxis(value: unknown, dimensions: number): number[] {
  const values = [(value as number | number[] | undefined) ?? 1].flat();
  return values.length === 1 ? new Array<number>(dimensions).fill(values[0]!) : values;
}
