import * as tf from '@tensorflow/tfjs-core';

/** Numbers as they stand in an architecture: one, or nested lists of them. */
export type Constant = number | readonly Constant[];

/** The shape of a constant, [] of one number. */
export function constantShape(value: Constant): number[] {
  if (typeof value === 'number') return [];
  return [value.length, ...(value.length === 0 ? [] : constantShape(value[0]!))];
}

/** The numbers of a constant in a row. */
export function constantNumbers(value: Constant): Float32Array {
  // The most axes that a TensorFlow.js tensor can have.
  return Float32Array.from([value].flat(6) as number[]);
}

/** One axis of a slice: an index, or from where to where in which steps. */
export type SliceItem =
  | { readonly index: number }
  | { readonly start: number | null; readonly stop: number | null; readonly step: number | null };

/** What an operation is told besides its operands. */
export interface OperationOptions {
  readonly axis?: number | readonly number[] | null;
  readonly keepdims?: boolean;
  readonly shape?: readonly number[];
  readonly slices?: readonly SliceItem[];
  /** Axes that an ellipsis skips stand before the slices of this number of last axes. */
  readonly lastSlices?: readonly SliceItem[];
  readonly minimum?: number;
  readonly maximum?: number;
}

type Shape = (number | null)[];

/** An operation on tensors: what it computes, and the shape of that. */
interface Operation {
  compute(operands: readonly tf.Tensor[], options: OperationOptions): tf.Tensor;
  shape(shapes: readonly Shape[], options: OperationOptions): Shape;
}

const same = (compute: (x: tf.Tensor, options: OperationOptions) => tf.Tensor): Operation => ({
  compute: ([x], options) => compute(x!, options),
  shape: ([shape]) => [...shape!],
});

const binary = (compute: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor): Operation => ({
  compute: ([x, y]) => compute(x!, y!),
  shape: (shapes) => broadcast(shapes),
});

const reduction = (
  compute: (x: tf.Tensor, axes: number[] | undefined, keepdims: boolean) => tf.Tensor,
): Operation => ({
  compute: ([x], { axis, keepdims = false }) => compute(x!, axesOf(axis, x!.rank), keepdims),
  shape([shape], { axis, keepdims = false }) {
    const axes = axesOf(axis, shape!.length) ?? shape!.map((_, i) => i);
    const kept = shape!.map((size, i) => (axes.includes(i) ? 1 : size));
    return keepdims ? kept : kept.filter((_, i) => !axes.includes(i));
  },
});

/** What Keras' operations compute, by the names that architectures are parsed to. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  add: binary((x, y) => tf.add(x, y)),
  subtract: binary((x, y) => tf.sub(x, y)),
  multiply: binary((x, y) => tf.mul(x, y)),
  divide: binary((x, y) => tf.div(x, y)),
  maximum: binary((x, y) => tf.maximum(x, y)),
  minimum: binary((x, y) => tf.minimum(x, y)),
  power: binary((x, y) => tf.pow(x, y)),
  negative: same((x) => tf.neg(x)),
  absolute: same((x) => tf.abs(x)),
  square: same((x) => tf.square(x)),
  sqrt: same((x) => tf.sqrt(x)),
  exp: same((x) => tf.exp(x)),
  log: same((x) => tf.log(x)),
  relu: same((x) => tf.relu(x)),
  sigmoid: same((x) => tf.sigmoid(x)),
  tanh: same((x) => tf.tanh(x)),
  silu: same((x) => tf.mul(x, tf.sigmoid(x))),
  softmax: same((x, { axis }) => softmax(x, typeof axis === 'number' ? axis : -1)),
  identity: same((x) => tf.clone(x)),
  clip: same((x, { minimum = -Infinity, maximum = Infinity }) => tf.clipByValue(x, minimum, maximum)),
  mean: reduction((x, axes, keepdims) => tf.mean(x, axes, keepdims)),
  sum: reduction((x, axes, keepdims) => tf.sum(x, axes, keepdims)),
  max: reduction((x, axes, keepdims) => tf.max(x, axes, keepdims)),
  min: reduction((x, axes, keepdims) => tf.min(x, axes, keepdims)),
  concatenate: {
    compute: (operands, { axis }) => tf.concat([...operands], oneAxis(axis, operands[0]!.rank)),
    shape(shapes, { axis }) {
      const along = oneAxis(axis, shapes[0]!.length);
      return shapes[0]!.map((size, i) => (i === along ? sum(shapes.map((shape) => shape[i]!)) : size));
    },
  },
  stack: {
    compute: (operands, { axis }) => tf.stack([...operands], oneAxis(axis, operands[0]!.rank + 1)),
    shape: ([first, ...rest], { axis }) => [
      ...first!.slice(0, oneAxis(axis, first!.length + 1)),
      rest.length + 1,
      ...first!.slice(oneAxis(axis, first!.length + 1)),
    ],
  },
  reshape: {
    compute: ([x], { shape }) => tf.reshape(x!, [x!.shape[0], ...shape!]),
    shape: ([from], { shape }) => [from![0]!, ...openSize(from!.slice(1), shape!)],
  },
  slice: {
    compute: ([x], options) => sliced(x!, itemsOf(options, x!.rank)),
    shape: ([shape], options) =>
      itemsOf(options, shape!.length).flatMap((item, i) => slicedSize(item, shape![i] ?? null)),
  },
};

function broadcast(shapes: readonly Shape[]): Shape {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => {
      const at = axis - rank + shape.length;
      return at < 0 ? 1 : (shape[at] ?? null);
    });
    const known = sizes.find((size) => size !== null && size !== 1);
    if (sizes.some((size) => size !== null && size !== 1 && size !== known)) {
      throw new Error(
        `shapes ${shapes.map((shape) => `[${shape.join(', ')}]`).join(' and ')} don't broadcast`,
      );
    }
    return known ?? (sizes.includes(null) ? null : 1);
  });
}

/** An operation's axes from 0 on; undefined for all of them. */
export function axesOf(axis: OperationOptions['axis'], rank: number): number[] | undefined {
  return axis === undefined || axis === null ? undefined : [axis].flat().map((each) => oneAxis(each, rank));
}

/** An operation's only axis from 0 on, by default the last. */
export function oneAxis(axis: OperationOptions['axis'], rank: number): number {
  const [only = -1] = [axis ?? -1].flat();
  const at = only < 0 ? only + rank : only;
  if (at < 0 || at >= rank) throw new Error(`axis ${only} is none of ${rank}`);
  return at;
}

function sum(sizes: readonly (number | null)[]): number | null {
  return sizes.includes(null) ? null : (sizes as number[]).reduce((total, size) => total + size, 0);
}

/** TensorFlow.js knows the softmax along the last axis only. */
function softmax(x: tf.Tensor, axis: number): tf.Tensor {
  const at = oneAxis(axis, x.rank);
  const exponentials = tf.exp(tf.sub(x, tf.max(x, at, true)));
  return tf.div(exponentials, tf.sum(exponentials, at, true));
}

/** `shape` with its -1 worked out, where all else is known. */
function openSize(from: Shape, shape: readonly number[]): Shape {
  if (!shape.includes(-1)) return [...shape];
  const rest = shape.filter((size) => size !== -1).reduce((product, size) => product * size, 1);
  const all = from.includes(null) ? null : (from as number[]).reduce((product, size) => product * size, 1);
  return shape.map((size) => (size === -1 ? (all === null ? null : all / rest) : size));
}

const WHOLE: SliceItem = { start: null, stop: null, step: null };

/** One item an axis. */
function itemsOf({ slices = [], lastSlices = [] }: OperationOptions, rank: number): SliceItem[] {
  const skipped = rank - slices.length - lastSlices.length;
  if (skipped < 0) throw new Error(`slices ${slices.length + lastSlices.length} axes of ${rank}`);
  return [...slices, ...Array.from({ length: skipped }, () => WHOLE), ...lastSlices];
}

/** Python's slice of `size` places: where it begins, its step and how many it takes. */
function places(item: SliceItem, size: number): { begin: number; step: number; count: number } {
  if ('index' in item) return { begin: item.index < 0 ? item.index + size : item.index, step: 1, count: 1 };
  const step = item.step ?? 1;
  const bounded = (value: number | null, fallback: number): number => {
    const at = value === null ? fallback : value < 0 ? value + size : value;
    return step > 0 ? Math.min(Math.max(at, 0), size) : Math.min(Math.max(at, -1), size - 1);
  };
  const begin = bounded(item.start, step > 0 ? 0 : size - 1);
  const end = item.stop === null ? (step > 0 ? size : -1) : bounded(item.stop, 0);
  return { begin, step, count: Math.max(0, Math.ceil((end - begin) / step)) };
}

function isWhole(item: SliceItem): boolean {
  return !('index' in item) && item.start === null && item.stop === null && (item.step ?? 1) === 1;
}

function slicedSize(item: SliceItem, size: number | null): Shape {
  if ('index' in item) return [];
  if (isWhole(item) || size === null) return [size];
  return [places(item, size).count];
}

function sliced(x: tf.Tensor, items: readonly SliceItem[]): tf.Tensor {
  let result = x;
  items.forEach((item, axis) => {
    if (isWhole(item)) return;
    const { begin, step, count } = places(item, x.shape[axis]!);
    const indices = Array.from({ length: count }, (_, i) => begin + i * step);
    result = tf.gather(result, tf.tensor1d(indices, 'int32'), axis);
  });
  const kept = result.shape.filter((_, axis) => !('index' in items[axis]!));
  return kept.length === result.rank ? result : tf.reshape(result, kept);
}
