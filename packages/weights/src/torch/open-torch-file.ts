import { isZooError } from '@zoo/core';

import {
  cachedSource,
  invalidFile,
  readWithin,
  shownName,
  strangeFile,
  type ByteSource,
} from '../source/byte-source';
import { readChecked, type CheckedSource } from '../source/checked-source';
import { isZip, openZipEntry, readZip, type ZipEntry } from '../source/zip';
import type { StoredTensor } from '../stored-tensor';
import { ELEMENT_BYTES, expectTensorCount } from '../tensor-data';

import { unpickle } from './pickle';
import {
  checkpointClassNames,
  stateDictTensors,
  storageReference,
  type Storage,
  type StorageReference,
} from './state-dict';

/** First thing in PyTorch's files before 1.6 (torch/serialization.py, MAGIC_NUMBER), as a pickled number. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const FIRST_WINDOW_BYTES = 1024 * 1024;
/** Longest run of pickles that is read; ResNet-152 takes 100 kB. */
const MAXIMUM_PICKLE_BYTES = 64 * 1024 * 1024;

/** What of a PyTorch file is read. */
export interface TorchFile {
  /** The named tensors, unread. */
  readonly tensors: readonly StoredTensor[];
  /** Names of the classes in label order, where a training script kept them beside the weights. */
  readonly classNames: readonly string[] | undefined;
  /** Throws unless what was read has the checksums that stand beside it; legacy files have none. */
  verify?(): Promise<void>;
}

/** Opens a PyTorch file: ZIP since 1.6, or legacy. */
export async function openTorchFile(source: ByteSource): Promise<TorchFile> {
  const start = await readWithin(source, 0, Math.min(512, source.sizeBytes));
  if (isZip(start)) return openZipFile(source);
  if (isLegacy(start)) return openLegacyFile(source);
  throw strangeFile(source.name, start);
}

/** True for a file that `torch.save` wrote, whatever its name: an archive around a pickle, or the pickles of PyTorch before 1.6. */
export async function isTorchContent(source: ByteSource, start: Uint8Array): Promise<boolean> {
  if (isZip(start)) return pickleEntry(await readZip(source)) !== undefined;
  return isLegacy(start);
}

/** The name of the pickle in an archive of PyTorch; undefined if it has none. */
function pickleEntry(entries: ReadonlyMap<string, ZipEntry>): string | undefined {
  return [...entries.keys()].find((name) => /^([^/]+\/)?data\.pkl$/.test(name));
}

/** A pickle of protocol 2 that begins with a number of ten bytes. */
function isLegacy(start: Uint8Array): boolean {
  return start[0] === 0x80 && start[2] === 0x8a && start[3] === 10;
}

async function openZipFile(source: ByteSource): Promise<TorchFile> {
  const entries = await readZip(source);
  const pickleName = pickleEntry(entries);
  if (pickleName === undefined)
    throw invalidFile(source.name, 'is an archive, but not one that PyTorch writes');
  const folder = pickleName.slice(0, -'data.pkl'.length);
  await expectLittleEndian(source, entries.get(`${folder}byteorder`));
  const pickle = await openZipEntry(source, entries.get(pickleName)!);
  if (pickle.sizeBytes > MAXIMUM_PICKLE_BYTES)
    throw invalidFile(source.name, 'holds a pickle beyond any sound size');
  const { value } = unpickle(await readChecked(pickle), source.name);
  const storages = new Map<string, Promise<CheckedSource>>();
  const tensors = stateDictTensors(value, source.name, async ({ key }): Promise<Storage> => {
    const entry = entries.get(`${folder}data/${key}`);
    if (entry === undefined) throw invalidFile(source.name, `lacks the numbers of storage ${shownName(key)}`);
    // One for all tensors that share it: its checksum is summed up over what they read.
    const opening = storages.get(key) ?? openZipEntry(source, entry);
    storages.set(key, opening);
    const opened = await opening;
    return { source: opened, offset: 0, sizeBytes: opened.sizeBytes };
  });
  const verify = async (): Promise<void> => {
    for (const storage of storages.values()) await (await storage).verify();
  };
  return { tensors, classNames: checkpointClassNames(value), verify };
}

async function expectLittleEndian(source: ByteSource, entry: ZipEntry | undefined): Promise<void> {
  if (entry === undefined) return;
  const opened = await openZipEntry(source, entry);
  if (opened.sizeBytes > 16) throw invalidFile(source.name, 'does not say its byte order');
  const order = new TextDecoder().decode(await readChecked(opened));
  if (order !== 'little') throw invalidFile(source.name, 'was written by a machine of the other byte order');
}

interface LegacyHead {
  readonly value: unknown;
  readonly keys: unknown;
  readonly dataStart: number;
}

/** Five pickles (magic number, version, machine, the value, the keys), then each storage with its length before it. */
async function openLegacyFile(source: ByteSource): Promise<TorchFile> {
  const { value, keys, dataStart } = await readLegacyHead(source);
  if (!Array.isArray(keys) || !keys.every(isKey))
    throw invalidFile(source.name, 'lacks its list of storages');
  // A length is read before each.
  expectTensorCount(source.name, keys.length);
  const lengths = cachedSource(source);
  const order = keys.map(String);
  const storages = new Map<string, Storage>();
  let position = dataStart;
  const locate = async (reference: StorageReference): Promise<Storage> => {
    // Where a storage lies depends on the lengths of those before it, which stand before each.
    while (!storages.has(reference.key)) {
      const key = order[storages.size];
      if (key === undefined)
        throw invalidFile(source.name, `lacks the numbers of storage ${shownName(reference.key)}`);
      const head = new DataView((await readWithin(lengths, position, 8)).buffer);
      const elements = Number(head.getBigInt64(0, true));
      const width = ELEMENT_BYTES[storageTypes(value, source.name).get(key) ?? reference.type];
      if (!Number.isSafeInteger(elements) || elements < 0)
        throw invalidFile(source.name, 'holds an unsound storage');
      storages.set(key, { source, offset: position + 8, sizeBytes: elements * width });
      position += 8 + elements * width;
    }
    return storages.get(reference.key)!;
  };
  // One at a time: tensors may be read a few at once, and each search goes on where the last one ended.
  let search: Promise<unknown> = Promise.resolve();
  const tensors = stateDictTensors(value, source.name, (reference) => {
    const located = search.then(() => locate(reference));
    search = located.catch(() => undefined);
    return located;
  });
  return { tensors, classNames: checkpointClassNames(value) };
}

function isKey(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

async function readLegacyHead(source: ByteSource): Promise<LegacyHead> {
  for (let window = FIRST_WINDOW_BYTES; ; window *= 8) {
    const length = Math.min(source.sizeBytes, window);
    const bytes = await readWithin(source, 0, length);
    try {
      const magic = unpickle(bytes, source.name);
      if (magic.value !== MAGIC) throw invalidFile(source.name, 'is no file that PyTorch writes');
      const version = unpickle(bytes, source.name, magic.end);
      const machine = unpickle(bytes, source.name, version.end);
      const value = unpickle(bytes, source.name, machine.end);
      const keys = unpickle(bytes, source.name, value.end);
      return { value: value.value, keys: keys.value, dataStart: keys.end };
    } catch (error) {
      // Cut short by the window, perhaps, and not by the file's end.
      const isLast = length === source.sizeBytes || window >= MAXIMUM_PICKLE_BYTES;
      if (isLast || !isZooError(error, 'invalid-file')) throw error;
    }
  }
}

const typesOf = new WeakMap<object, Map<string, keyof typeof ELEMENT_BYTES>>();

/** The number type of every storage that the pickled value refers to. */
function storageTypes(value: unknown, fileName: string): Map<string, keyof typeof ELEMENT_BYTES> {
  const key = value as object;
  const known = typesOf.get(key);
  if (known !== undefined) return known;
  const types = new Map<string, keyof typeof ELEMENT_BYTES>();
  const seen = new Set<unknown>();
  const pending: unknown[] = [value];
  // Lists may be longer than the arguments that a call can have.
  const add = (items: Iterable<unknown>) => {
    for (const item of items) if (typeof item === 'object' && item !== null) pending.push(item);
  };
  while (pending.length > 0) {
    const item = pending.pop() as object;
    if (seen.has(item)) continue;
    seen.add(item);
    if (item instanceof Map) add((item as Map<unknown, unknown>).values());
    else if (Array.isArray(item)) add(item as unknown[]);
    else if ('args' in item) add(item.args as unknown[]);
    else if ('id' in item) {
      const reference = storageReference(item, fileName);
      types.set(reference.key, reference.type);
    }
  }
  typesOf.set(key, types);
  return types;
}
