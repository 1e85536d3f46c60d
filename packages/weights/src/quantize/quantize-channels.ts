import { ZooError } from '@zoo/core';

/** Weights as whole numbers from -127 to 127, and what to multiply those of each channel by to have the weights again. */
export interface QuantizedWeights {
  readonly values: Int8Array<ArrayBuffer>;
  /** One scale a channel; the channels of several axes row-major. */
  readonly scales: Float32Array<ArrayBuffer>;
}

/** How weights are quantized. */
export interface QuantizeChannelsOptions {
  /** The largest whole number. Default 127; 64 leaves the room that processors without 8-bit dot products need. */
  readonly largest?: number;
  /** Scales of at least this much, one a channel: what a bias in steps of scale needs to fit. Default: none. */
  readonly smallestScales?: ArrayLike<number>;
}

const LARGEST = 127;

/**
 * `values` rounded to steps of its channel's largest magnitude / 127, to the nearest and of two to the even one: symmetric, so that zero
 * stays zero and no zero-point is needed. A channel of zeros has the scale 1.
 *
 * @param name What the weights are called in an error.
 * @param shape Of `values`, row-major.
 * @param channelAxes The axes whose every place has a scale of its own.
 * @throws ZooError 'not-finite' for a weight that is no finite number.
 * @see https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html for the rounding
 */
export function quantizeChannels(
  name: string,
  values: Float32Array,
  shape: readonly number[],
  channelAxes: readonly number[],
  { largest = LARGEST, smallestScales }: QuantizeChannelsOptions = {},
): QuantizedWeights {
  const channelOf = channelIndex(shape, channelAxes);
  const channelCount = channelAxes.reduce((count, axis) => count * shape[axis]!, 1);
  const magnitudes = new Float32Array(channelCount);
  for (let i = 0; i < values.length; i++) {
    const magnitude = Math.abs(values[i]!);
    if (!(magnitude < Infinity)) throw notFinite(name, values[i]!);
    const channel = channelOf(i);
    if (magnitude > magnitudes[channel]!) magnitudes[channel] = magnitude;
  }
  const scales = magnitudes.map((magnitude, channel) =>
    scaleOf(magnitude, largest, smallestScales?.[channel] ?? 0),
  );
  const quantized = new Int8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const steps = roundHalfEven(values[i]! / scales[channelOf(i)]!);
    quantized[i] = Math.max(-largest, Math.min(largest, steps));
  }
  return { values: quantized, scales };
}

/** The nearest whole number; of two that are as near, the even one. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** The smallest positive normal number of float32: below it a scale loses its digits. */
const SMALLEST_SCALE = 2 ** -126;

function scaleOf(magnitude: number, largest: number, smallest: number): number {
  const scale = Math.fround(magnitude / largest);
  if (smallest > 0) return Math.max(scale, Math.fround(smallest), SMALLEST_SCALE);
  return scale < SMALLEST_SCALE ? 1 : scale;
}

/** The error of a weight that no whole number stands for. */
export function notFinite(name: string, value: number): ZooError {
  return new ZooError(
    'not-finite',
    `Expected finite weights to quantize but ${name} holds ${value}. Training has diverged: quantize a checkpoint from before.`,
  );
}

/** The place of element `i`'s channel among all channels. */
function channelIndex(shape: readonly number[], channelAxes: readonly number[]): (i: number) => number {
  const inner = (axis: number) => shape.slice(axis + 1).reduce((count, size) => count * size, 1);
  const axes = channelAxes.map((axis, place) => ({
    size: shape[axis]!,
    stride: inner(axis),
    channelStride: channelAxes.slice(place + 1).reduce((count, later) => count * shape[later]!, 1),
  }));
  if (axes.length === 1) {
    const { size, stride } = axes[0]!;
    return (i) => Math.floor(i / stride) % size;
  }
  return (i) =>
    axes.reduce(
      (channel, { size, stride, channelStride }) => channel + (Math.floor(i / stride) % size) * channelStride,
      0,
    );
}
