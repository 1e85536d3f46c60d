import { invalidFile, readWithin, truncated, type ByteSource } from '../source/byte-source';
import type { StoredTensor } from '../stored-tensor';
import {
  decodeValues,
  ELEMENT_BYTES,
  elementCount,
  type StoredType,
  type TensorValues,
} from '../tensor-data';

import { PersistentReference, PickleGlobal, PickleObject } from './pickle';

/** A storage of PyTorch: one run of numbers that tensors are views of. */
export interface Storage {
  readonly source: ByteSource;
  readonly offset: number;
  readonly sizeBytes: number;
}

const STORAGE_TYPES: Readonly<Record<string, StoredType>> = {
  'torch FloatStorage': 'float32',
  'torch DoubleStorage': 'float64',
  'torch HalfStorage': 'float16',
  'torch BFloat16Storage': 'bfloat16',
  'torch LongStorage': 'int64',
  'torch IntStorage': 'int32',
  'torch ShortStorage': 'int16',
  'torch CharStorage': 'int8',
  'torch ByteStorage': 'uint8',
  'torch BoolStorage': 'bool',
};

/** What a storage's persistent reference says: its key in the file, its type and its number of elements. */
export interface StorageReference {
  readonly key: string;
  readonly type: StoredType;
  readonly elements: number;
  /** For a view of another storage in legacy files: where it begins there. */
  readonly viewOffset: number;
}

/** Keys under which training scripts keep the weights among other things. */
const WRAPPERS = ['state_dict', 'model_state_dict', 'model', 'net', 'state_dict_ema', 'params', 'module'];

/** The tensors in a pickled value: itself a state_dict, or a dictionary that holds one; the prefix `module.` is dropped. */
export function stateDictTensors(
  value: unknown,
  fileName: string,
  findStorage: (reference: StorageReference) => Promise<Storage>,
): StoredTensor[] {
  const entries = findEntries(value, fileName);
  const isParallel = entries.every(([name]) => name.startsWith('module.'));
  return entries.map(([name, object]) =>
    storedTensor(isParallel ? name.slice('module.'.length) : name, object, fileName, findStorage),
  );
}

function findEntries(value: unknown, fileName: string): [string, PickleObject][] {
  const candidates = [
    value,
    ...(value instanceof Map ? WRAPPERS.map((key) => (value as Map<unknown, unknown>).get(key)) : []),
  ];
  for (const candidate of candidates) {
    if (!(candidate instanceof Map)) continue;
    const entries: [string, PickleObject][] = [];
    for (const [name, item] of candidate as Map<unknown, unknown>) {
      const tensor = tensorObject(item);
      if (typeof name === 'string' && tensor !== undefined) entries.push([name, tensor]);
    }
    if (entries.length > 0) return entries;
  }
  throw invalidFile(fileName, 'holds no state_dict', 'Save one with torch.save(model.state_dict(), path).');
}

function tensorObject(item: unknown): PickleObject | undefined {
  if (!(item instanceof PickleObject)) return undefined;
  if (item.name === 'torch._utils _rebuild_parameter') return tensorObject(item.args[0]);
  return item.name.startsWith('torch._utils _rebuild_tensor') ? item : undefined;
}

function storedTensor(
  name: string,
  { args }: PickleObject,
  fileName: string,
  findStorage: (reference: StorageReference) => Promise<Storage>,
): StoredTensor {
  const [storage, offset, shape, strides] = args;
  const reference = storageReference(storage, fileName);
  const isSound = isSize(offset) && isSizes(shape) && isSizes(strides) && shape.length === strides.length;
  if (!isSound || !Number.isFinite(elementCount(shape))) {
    throw invalidFile(fileName, `describes the tensor ${JSON.stringify(name)} wrongly`);
  }
  const last = shape.reduce((sum, size, i) => sum + Math.max(0, size - 1) * strides[i]!, 0);
  const span = elementCount(shape) === 0 ? 0 : last + 1;
  // A view within a view of broadcast strides would make much of little: a tensor may not exceed what is stored.
  if (span > reference.elements - offset || elementCount(shape) > reference.elements) {
    throw invalidFile(fileName, `gives the tensor ${JSON.stringify(name)} more numbers than are stored`);
  }
  return {
    name,
    shape,
    type: reference.type,
    async read() {
      const { source, offset: start, sizeBytes } = await findStorage(reference);
      const width = ELEMENT_BYTES[reference.type];
      const first = (reference.viewOffset + offset) * width;
      if (first + span * width > sizeBytes) throw truncated(fileName);
      const values = decodeValues(await readWithin(source, start + first, span * width), reference.type);
      return isContiguous(shape, strides) ? values : gather(values, shape, strides);
    },
  };
}

/** Parses ('storage', type, key, location, elements, view), which may come as a call around it in newer files. */
export function storageReference(value: unknown, fileName: string): StorageReference {
  const id = value instanceof PersistentReference ? value.id : undefined;
  const [kind, type, key, , elements, view] = Array.isArray(id) ? (id as unknown[]) : [];
  const storedType = type instanceof PickleGlobal ? STORAGE_TYPES[type.name] : undefined;
  const isSound = kind === 'storage' && storedType !== undefined && isSize(elements);
  if (!isSound || (typeof key !== 'string' && typeof key !== 'number')) {
    throw invalidFile(fileName, 'refers to numbers in a way that is not read');
  }
  if (!Array.isArray(view)) return { key: String(key), type: storedType, elements, viewOffset: 0 };
  const [, viewOffset, viewElements] = view as unknown[];
  if (!isSize(viewOffset) || !isSize(viewElements)) throw invalidFile(fileName, 'holds an unsound view');
  return { key: String(key), type: storedType, elements: viewElements, viewOffset };
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

function gather(values: TensorValues, shape: readonly number[], strides: readonly number[]): TensorValues {
  const count = elementCount(shape);
  const result = new (values.constructor as new (length: number) => TensorValues)(count);
  const index = new Array<number>(shape.length).fill(0);
  let from = 0;
  for (let to = 0; to < count; to++) {
    result[to] = values[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= shape[axis]! * strides[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= 32 && value.every(isSize);
}
