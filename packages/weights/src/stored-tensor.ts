import { elementCount, type StoredType, type TensorValues } from './tensor-data';

/** A tensor in a weight file: known by name, shape and type; its values are read when asked for. */
export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: StoredType;
  /** The values, row-major; half-precision numbers arrive as float32. */
  read(): Promise<TensorValues>;
}

/** Tensors that belong together: those of one layer, in the order in which Keras lists a layer's weights. */
export interface StoredLayer {
  readonly name: string;
  readonly tensors: readonly StoredTensor[];
  /** Where a `.weights.h5` has it, by class and count: `layers/conv2d_1`. */
  readonly classPath?: string;
}

/** Tensors called `<layer><separator><weight>` by the layer that they belong to, each then called as the weight alone. */
export function layersOf(tensors: readonly StoredTensor[], separator: string): StoredLayer[] {
  const layers = new Map<string, StoredTensor[]>();
  for (const tensor of tensors) {
    const end = tensor.name.lastIndexOf(separator);
    const layer = tensor.name.slice(0, Math.max(0, end));
    const ofLayer = layers.get(layer) ?? [];
    ofLayer.push({ ...tensor, name: tensor.name.slice(end + 1) });
    layers.set(layer, ofLayer);
  }
  return Array.from(layers, ([name, ofLayer]) => ({ name, tensors: ofLayer }));
}

/** `tensor` with its axes in another order: axis i of the result is axis `order[i]` of the stored one. */
export function permuted(tensor: StoredTensor, order: readonly number[]): StoredTensor {
  const shape = order.map((axis) => tensor.shape[axis]!);
  return { ...tensor, shape, read: async () => permuteAxes(await tensor.read(), tensor.shape, order) };
}

/** `tensor` under another shape with as many elements. */
export function reshaped(tensor: StoredTensor, shape: readonly number[]): StoredTensor {
  return { ...tensor, shape, read: () => tensor.read() };
}

/** A kernel [..., in, out] mirrored in every axis but its last two: a convolution's kernel as a correlation's. */
export function flippedKernel(tensor: StoredTensor): StoredTensor {
  const perPosition = tensor.shape.slice(-2).reduce((product, size) => product * size, 1);
  return {
    ...tensor,
    async read() {
      const values = await tensor.read();
      const result = values.slice();
      const positions = values.length / perPosition;
      for (let i = 0; i < positions; i++) {
        const from = (positions - 1 - i) * perPosition;
        result.set(values.subarray(from, from + perPosition) as never, i * perPosition);
      }
      return result;
    },
  };
}

/** `values` of `shape` with the axes in `order`. */
export function permuteAxes(
  values: TensorValues,
  shape: readonly number[],
  order: readonly number[],
): TensorValues {
  const result = values.slice();
  const rank = shape.length;
  if (rank === 0 || elementCount(shape) === 0) return result;
  const strides = new Array<number>(rank).fill(1);
  for (let axis = rank - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  const sizes = order.map((axis) => shape[axis]!);
  const steps = order.map((axis) => strides[axis]!);
  const innerSize = sizes[rank - 1]!;
  const innerStep = steps[rank - 1]!;
  const index = new Array<number>(rank).fill(0);
  let from = 0;
  for (let to = 0; to < values.length; to += innerSize) {
    for (let i = 0; i < innerSize; i++) result[to + i] = values[from + i * innerStep]!;
    // The next row: an odometer over all axes but the last.
    for (let axis = rank - 2; axis >= 0; axis--) {
      from += steps[axis]!;
      if (++index[axis]! < sizes[axis]!) break;
      from -= sizes[axis]! * steps[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}
