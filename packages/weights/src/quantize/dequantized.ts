import { invalidFile, shownName } from '../source/byte-source';
import type { StoredTensor } from '../stored-tensor';
import { toFloat32 } from '../tensor-data';

/** What the scales of a quantized tensor are called: its name and this. */
export const SCALE_SUFFIX = '_scale';

/**
 * `tensors` with every whole-numbered one that has scales, a tensor called `<name>_scale`, as the product of both in float32, and without
 * the scales. Scales have the tensor's shape with sizes of 1 where one serves all, as NumPy broadcasts them.
 *
 * @throws ZooError 'invalid-file' for scales of another shape, and, when read, for scales that are no positive finite numbers.
 */
export function dequantized(tensors: readonly StoredTensor[], fileName: string): StoredTensor[] {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const scales = new Set<StoredTensor>();
  const results = tensors.map((tensor) => {
    const scale = tensor.type === 'int8' ? byName.get(`${tensor.name}${SCALE_SUFFIX}`) : undefined;
    if (scale === undefined) return tensor;
    scales.add(scale);
    expectBroadcast(tensor, scale, fileName);
    const read = async () => product(tensor, scale, fileName);
    return { ...tensor, type: 'float32', read } as const;
  });
  return results.filter((_, i) => !scales.has(tensors[i]!));
}

function expectBroadcast(tensor: StoredTensor, scale: StoredTensor, fileName: string): void {
  const isFloat = ['float32', 'float16', 'bfloat16', 'float64'].includes(scale.type);
  const isAlong =
    scale.shape.length === tensor.shape.length &&
    scale.shape.every((size, axis) => size === 1 || size === tensor.shape[axis]);
  if (isFloat && isAlong) return;
  throw invalidFile(
    fileName,
    `has scales ${shownName(scale.name)} of the shape [${scale.shape.join(', ')}] and type ${scale.type}, which do not fit weights of [${tensor.shape.join(', ')}]`,
  );
}

async function product(tensor: StoredTensor, scale: StoredTensor, fileName: string): Promise<Float32Array> {
  const scales = toFloat32(await scale.read());
  if (!scales.every((each) => each > 0 && each < Infinity))
    throw invalidFile(fileName, `has scales ${shownName(scale.name)} that are no positive numbers`);
  const values = toFloat32(await tensor.read());
  const { shape } = tensor;
  // The stride of each axis in the scales: 0 where one serves all.
  const strides = shape.map((_, axis) =>
    scale.shape[axis] === 1 ? 0 : scale.shape.slice(axis + 1).reduce((count, size) => count * size, 1),
  );
  const last = shape.length - 1;
  const inner = shape[last] ?? 1;
  const index = new Array<number>(shape.length).fill(0);
  let place = 0;
  for (let start = 0; start < values.length; start += inner) {
    for (let i = 0; i < inner; i++) values[start + i]! *= scales[place + i * (strides[last] ?? 0)]!;
    // The next row: an odometer over all axes but the last.
    for (let axis = last - 1; axis >= 0; axis--) {
      place += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      place -= shape[axis]! * strides[axis]!;
      index[axis] = 0;
    }
  }
  return values;
}
