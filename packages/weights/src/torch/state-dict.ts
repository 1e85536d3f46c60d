import { invalidFile, readWithin, shownName, truncated, type ByteSource } from '../source/byte-source';
import type { StoredTensor } from '../stored-tensor';
import {
  decodeValues,
  ELEMENT_BYTES,
  elementCount,
  expectTensorCount,
  type StoredType,
  type TensorValues,
} from '../tensor-data';

import { withBareNames } from './bare-names';
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

/** Keys under which training scripts keep the weights among other things, those that are wanted first. */
const CONTAINERS = [
  'state_dict',
  'model_state_dict',
  'model_state',
  'model',
  'net',
  'network',
  'weights',
  'params',
  'module',
  'state',
  'state_dict_ema',
  'model_ema',
  'ema',
];

/** Deepest nesting of dictionaries in which weights are looked for. */
const MAXIMUM_DEPTH = 3;

/** What wrappers keep beside the weights, by name. */
const BOOKKEEPING = ['n_averaged'];

/**
 * The tensors in a pickled value: itself a state_dict, or a dictionary that holds one. Single tensors beside it, a loss or an accuracy,
 * are passed over, and the prefixes of wrappers dropped.
 */
export function stateDictTensors(
  value: unknown,
  fileName: string,
  findStorage: (reference: StorageReference) => Promise<Storage>,
): StoredTensor[] {
  const entries = findEntries(value, fileName).filter(([name]) => !BOOKKEEPING.includes(name));
  expectTensorCount(fileName, entries.length);
  return withBareNames(entries.map(([name, object]) => storedTensor(name, object, fileName, findStorage)));
}

/** Names of the classes in label order, where a training script kept them beside the weights: `class_to_idx` or `classes`. */
export function checkpointClassNames(value: unknown): string[] | undefined {
  if (!(value instanceof Map)) return undefined;
  const toIndex = (value as Map<unknown, unknown>).get('class_to_idx');
  if (toIndex instanceof Map) {
    const pairs = [...(toIndex as Map<unknown, unknown>)];
    const names = pairs.map((): string | undefined => undefined);
    for (const [name, index] of pairs) {
      if (typeof name === 'string' && isSize(index) && index < names.length) names[index] = name;
    }
    return names.every((name) => name !== undefined) && names.length > 0 ? names : undefined;
  }
  const names = ['classes', 'class_names'].map((key) => (value as Map<unknown, unknown>).get(key));
  return names.find(
    (list): list is string[] =>
      Array.isArray(list) && list.length > 0 && list.every((name) => typeof name === 'string'),
  );
}

type Entries = [string, PickleObject][];

/** Of all dictionaries with at least half as many tensors as the largest, the one under the first of the known keys. */
function findEntries(value: unknown, fileName: string): Entries {
  const candidates: Entries[] = [];
  // Level by level, and each dictionary once: one may hold itself under every key.
  const seen = new Set<unknown>();
  let level: unknown[] = [value];
  for (let depth = 0; depth <= MAXIMUM_DEPTH; depth++) {
    const below: unknown[] = [];
    for (const item of level) {
      if (!(item instanceof Map) || seen.has(item)) continue;
      seen.add(item);
      const entries: Entries = [];
      for (const [name, inner] of item as Map<unknown, unknown>) {
        const tensor = tensorObject(inner);
        if (typeof name === 'string' && tensor !== undefined) entries.push([name, tensor]);
      }
      if (entries.length > 0) candidates.push(entries);
      for (const key of CONTAINERS) below.push((item as Map<unknown, unknown>).get(key));
    }
    level = below;
  }
  const most = Math.max(0, ...candidates.map((entries) => entries.length));
  const first = candidates.find((entries) => entries.length >= most / 2);
  if (first !== undefined) return first;
  const keys =
    value instanceof Map ? [...(value as Map<unknown, unknown>).keys()].filter(isText).slice(0, 8) : [];
  throw invalidFile(
    fileName,
    keys.length === 0
      ? 'holds no state_dict'
      : `holds no state_dict under its keys ${keys.map(shownName).join(', ')}`,
    'Save one with torch.save(model.state_dict(), path).',
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function tensorObject(item: unknown): PickleObject | undefined {
  const inner =
    item instanceof PickleObject && item.name === 'torch._utils _rebuild_parameter' ? item.args[0] : item;
  const isTensor = inner instanceof PickleObject && inner.name.startsWith('torch._utils _rebuild_tensor');
  return isTensor ? inner : undefined;
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
    throw invalidFile(fileName, `describes the tensor ${shownName(name)} wrongly`);
  }
  const last = shape.reduce((sum, size, i) => sum + Math.max(0, size - 1) * strides[i]!, 0);
  const span = elementCount(shape) === 0 ? 0 : last + 1;
  // A view with broadcast strides would turn a few bytes into many values: a tensor may not exceed its storage.
  if (span > reference.elements - offset || elementCount(shape) > reference.elements) {
    throw invalidFile(fileName, `gives the tensor ${shownName(name)} more numbers than are stored`);
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
