import { cachedSource, invalidFile, readWithin, truncated, type ByteSource } from '../source/byte-source';
import {
  decodeValues,
  ELEMENT_BYTES,
  elementCount,
  type StoredType,
  type TensorValues,
} from '../tensor-data';

import { attributeValues, readAttribute, type StoredAttribute } from './attribute';
import { readBtreeRecords } from './btree-version-2';
import { readChunks } from './chunks';
import { Cursor, UNDEFINED_ADDRESS } from './cursor';
import { readDataspace, readMaximumShape } from './dataspace';
import { readDatatype, swapBytes } from './datatype';
import { FileContext } from './file-context';
import { fillWith, readFillValue } from './fill-value';
import { readFilters } from './filters';
import { openFractalHeap } from './fractal-heap';
import { readLinks, type Link } from './group-links';
import { readLayout } from './layout';
import { MESSAGE, readObjectHeader, type HeaderMessage } from './object-header';

const SIGNATURE = '\x89HDF\r\n\x1a\n';

/** Beyond the size of what is stored, a dataset may unpack by this factor (deflate's largest is 1,032), or by these bytes. */
const MAXIMUM_EXPANSION = 1100;
const ALWAYS_ALLOWED_BYTES = 16 * 1024 * 1024;

/** True if `start`, the first bytes of a file, are those of an HDF5 file. */
export function isHdf5(start: Uint8Array): boolean {
  return String.fromCharCode(...start.subarray(0, 8)) === SIGNATURE;
}

/**
 * Opens the HDF5 file in `source` and gives its root group. Only what is asked for is read, through checked addresses:
 * a damaged or hostile file ends in a ZooError.
 *
 * Read are both kinds of groups, headers and attributes (HDF5 1.0 to 2.0 as h5py writes it), contiguous, compact and chunked
 * datasets, gzip, shuffle and fletcher32. Soft and external links, external and virtual storage are refused.
 *
 * @see https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html
 */
export async function openHdf5(source: ByteSource): Promise<Hdf5Group> {
  const head = await readWithin(source, 0, Math.min(128, source.sizeBytes));
  if (!isHdf5(head)) throw invalidFile(source.name, 'is no HDF5 file');
  const version = head[8]!;
  // Versions 0 and 1 keep the widths of addresses at byte 13, versions 2 and 3 right after the version.
  const [offsetBytes, lengthBytes] = version < 2 ? [head[13]!, head[14]!] : [head[9]!, head[10]!];
  const widths = [2, 4, 8];
  if (version > 3 || !widths.includes(offsetBytes) || !widths.includes(lengthBytes)) {
    throw invalidFile(source.name, `is a damaged HDF5 file, or one of an unknown version (${version})`);
  }
  const cursor = new Cursor(head, source.name, offsetBytes, lengthBytes);
  cursor.skip(version === 0 ? 24 : version === 1 ? 28 : 12);
  const base = cursor.address();
  cursor.skip(offsetBytes);
  const end = cursor.address();
  const context = new FileContext(cachedSource(source), source, base, offsetBytes, lengthBytes);
  if (end > source.sizeBytes) throw truncated(source.name);
  // Versions 0 and 1: the driver's address, then the root's symbol table entry, whose second field this is.
  if (version < 2) cursor.skip(2 * offsetBytes);
  return openGroup(context, cursor.address(), '/');
}

/** A group of an HDF5 file: names that lead to groups and datasets, and attributes. */
export class Hdf5Group {
  private attributes: Promise<ReadonlyMap<string, StoredAttribute>> | undefined;

  constructor(
    protected readonly context: FileContext,
    protected readonly messages: readonly HeaderMessage[],
    protected readonly links: ReadonlyMap<string, Link>,
    readonly path: string,
  ) {}

  /**
   * This group with backslashes in its names taken for those of paths: Python's `os.path.join` on Windows makes `layers\\conv2d` of
   * `layers/conv2d`, and HDF5 takes it for one name.
   */
  withBackslashesSplit(): Hdf5Group {
    const { names } = this;
    return names.some((name) => name.includes(BACKSLASH)) ? this.overlaid(this, '', names) : this;
  }

  /** This group and, below it, what lies in `root` under names that begin with `prefix` and end in `ends`. */
  overlaid(root: Hdf5Group, prefix: string, ends: readonly string[]): Hdf5Group {
    return new SplitGroup(this.context, this.messages, this.links, this.path, root, prefix, ends);
  }

  /** Names in this group. */
  get names(): string[] {
    return [...this.links.keys()];
  }

  has(name: string): boolean {
    return this.links.has(name);
  }

  /** The group at `path`, names parted by slashes; throws if there is none. */
  async group(path: string): Promise<Hdf5Group> {
    const found = await this.find(path);
    if (found instanceof Hdf5Group) return found;
    throw this.context.error(`has no group ${this.pathOf(path)}`);
  }

  /** The dataset at `path`, names parted by slashes; throws if there is none. */
  async dataset(path: string): Promise<Hdf5Dataset> {
    const found = await this.find(path);
    if (found instanceof Hdf5Dataset) return found;
    throw this.context.error(`has no dataset ${this.pathOf(path)}`);
  }

  /** The group or dataset at `path`; undefined if there is none. Links that lead out of the tree are refused. */
  async find(path: string): Promise<Hdf5Group | Hdf5Dataset | undefined> {
    const [first, ...rest] = path.split('/').filter((part) => part !== '' && part !== '.');
    if (first === undefined) return this;
    let found = await this.child(first);
    for (const name of rest) {
      if (!(found instanceof Hdf5Group)) return undefined;
      found = await found.child(name);
    }
    return found;
  }

  /** The group or dataset called `name` in this one. */
  protected async child(name: string): Promise<Hdf5Group | Hdf5Dataset | undefined> {
    const link = this.links.get(name);
    if (link === undefined) return undefined;
    if (link.kind !== 'object') {
      throw this.context.unsupported(`a ${link.kind} link, ${this.pathOf(name)}`, 'Links are not followed.');
    }
    return openObject(this.context, link.address, this.pathOf(name));
  }

  /** The attribute's texts, one or a list; undefined if it is absent. */
  async texts(name: string): Promise<string[] | undefined> {
    const values = await this.attribute(name);
    if (values === undefined) return undefined;
    return values.map((value) => {
      if (typeof value !== 'string') throw this.context.error(`has an attribute ${name} that is no text`);
      return value;
    });
  }

  /** The attribute's one text; undefined if it is absent. */
  async text(name: string): Promise<string | undefined> {
    return (await this.texts(name))?.[0];
  }

  /** The attribute's values, in row-major order; undefined if it is absent. */
  async attribute(name: string): Promise<(string | number | bigint)[] | undefined> {
    this.attributes ??= readAttributes(this.context, this.messages);
    const stored = (await this.attributes).get(name);
    return stored === undefined ? undefined : attributeValues(this.context, stored);
  }

  protected pathOf(name: string): string {
    return `${this.path === '/' ? '' : this.path}/${name}`;
  }
}

const BACKSLASH = '\\';

/** A group below which those names of `root` lie that begin with `prefix`. */
class SplitGroup extends Hdf5Group {
  /** Names up to the first backslash, and what follows it in each of the names that begin so. */
  private readonly below = new Map<string, string[]>();

  constructor(
    context: FileContext,
    messages: readonly HeaderMessage[],
    links: ReadonlyMap<string, Link>,
    path: string,
    private readonly root: Hdf5Group,
    private readonly prefix: string,
    ends: readonly string[],
  ) {
    super(context, messages, links, path);
    for (const end of ends) {
      const at = end.indexOf(BACKSLASH);
      const first = at === -1 ? end : end.slice(0, at);
      const further = this.below.get(first) ?? [];
      if (at !== -1) further.push(end.slice(at + 1));
      this.below.set(first, further);
    }
  }

  override get names(): string[] {
    return [...new Set([...super.names.filter((name) => !name.includes(BACKSLASH)), ...this.below.keys()])];
  }

  override has(name: string): boolean {
    return super.has(name) || this.below.has(name);
  }

  protected override async child(name: string): Promise<Hdf5Group | Hdf5Dataset | undefined> {
    const ends = this.below.get(name);
    const own = await super.child(name);
    if (ends === undefined) return own;
    const found = own ?? (await this.root.find(this.prefix + name));
    if (found instanceof Hdf5Dataset) return found;
    const prefix = `${this.prefix}${name}${BACKSLASH}`;
    return found === undefined
      ? new SplitGroup(this.context, [], new Map(), this.pathOf(name), this.root, prefix, ends)
      : found.overlaid(this.root, prefix, ends);
  }
}

/** A dataset of numbers in an HDF5 file; its values are read when asked for. */
export class Hdf5Dataset {
  constructor(
    private readonly context: FileContext,
    private readonly messages: readonly HeaderMessage[],
    readonly path: string,
    readonly shape: readonly number[],
    /** The numbers' type; undefined if it holds something else. */
    readonly type: StoredType | undefined,
    private readonly bigEndian: boolean,
  ) {}

  /** All values, row-major. */
  async read(): Promise<TensorValues> {
    if (this.type === undefined) throw this.context.error(`holds no numbers in ${this.path}`);
    const bytes = await this.readBytes(this.type);
    if (this.bigEndian) swapBytes(bytes, ELEMENT_BYTES[this.type]);
    return decodeValues(bytes, this.type);
  }

  private async readBytes(type: StoredType): Promise<Uint8Array<ArrayBuffer>> {
    const { context } = this;
    const layout = readLayout(context, expectMessage(context, this.messages, MESSAGE.layout, this.path));
    const filterMessage = this.messages.find((message) => message.type === MESSAGE.filters);
    if (this.messages.some((message) => message.type === MESSAGE.externalFiles)) {
      throw context.unsupported('data in another file', 'Such a file is not followed elsewhere.');
    }
    const sizeBytes = elementCount(this.shape) * ELEMENT_BYTES[type];
    const isContiguous = layout.kind === 'contiguous' && layout.address !== UNDEFINED_ADDRESS;
    if (!(sizeBytes <= Math.max(ALWAYS_ALLOWED_BYTES, context.data.sizeBytes * MAXIMUM_EXPANSION))) {
      throw context.error(`claims an absurd shape, [${this.shape.join(', ')}], in ${this.path}`);
    }
    if (isContiguous) {
      if ((layout.sizeBytes ?? sizeBytes) < sizeBytes) throw context.error(`cuts ${this.path} short`);
      return readWithin(context.data, context.baseAddress + layout.address, sizeBytes);
    }
    if (layout.kind === 'compact') {
      if (layout.bytes.length < sizeBytes) throw context.error(`cuts ${this.path} short`);
      return layout.bytes.slice(0, sizeBytes);
    }
    const result = new Uint8Array(sizeBytes);
    const fillMessage = this.messages.find((message) => message.type === MESSAGE.fillValue);
    const fill = fillMessage && readFillValue(context, fromStart(fillMessage.bytes));
    if (fill !== undefined) fillWith(context, result, fill, ELEMENT_BYTES[type]);
    if (layout.kind === 'contiguous') return result;
    const filters = filterMessage === undefined ? [] : readFilters(context, fromStart(filterMessage.bytes));
    const { index, chunkShape } = layout;
    const dataspace = expectMessage(context, this.messages, MESSAGE.dataspace, this.path);
    const maximumShape = readMaximumShape(context, dataspace);
    const elementBytes = ELEMENT_BYTES[type];
    await readChunks(
      context,
      { index, shape: this.shape, maximumShape, chunkShape, elementBytes, filters },
      result,
    );
    return result;
  }
}

async function openObject(
  context: FileContext,
  address: number,
  path: string,
): Promise<Hdf5Group | Hdf5Dataset> {
  const messages = await readObjectHeader(context, address);
  if (!messages.some((message) => message.type === MESSAGE.layout)) {
    return new Hdf5Group(context, messages, await readLinks(context, messages), path);
  }
  const shape = readDataspace(context, expectMessage(context, messages, MESSAGE.dataspace, path)) ?? [0];
  const datatype = readDatatype(context, expectMessage(context, messages, MESSAGE.datatype, path));
  const isNumber = datatype.kind === 'number';
  return new Hdf5Dataset(
    context,
    messages,
    path,
    shape,
    isNumber ? datatype.type : undefined,
    isNumber && datatype.bigEndian,
  );
}

async function openGroup(context: FileContext, address: number, path: string): Promise<Hdf5Group> {
  const object = await openObject(context, address, path);
  if (object instanceof Hdf5Group) return object;
  throw context.error(`has a dataset where the group ${path} should be`);
}

async function readAttributes(
  context: FileContext,
  messages: readonly HeaderMessage[],
): Promise<ReadonlyMap<string, StoredAttribute>> {
  const attributes = new Map<string, StoredAttribute>();
  const add = (cursor: Cursor) => {
    const attribute = readAttribute(context, cursor);
    attributes.set(attribute.name, attribute);
  };
  for (const { type, bytes, isShared } of messages) {
    bytes.position = 0;
    if (type === MESSAGE.attribute && !isShared) add(bytes);
    if (type === MESSAGE.attributeInfo) {
      for (const cursor of await denseAttributes(context, bytes)) add(cursor);
    }
  }
  return attributes;
}

async function denseAttributes(context: FileContext, cursor: Cursor): Promise<Cursor[]> {
  cursor.skip(1);
  if ((cursor.u8() & 1) !== 0) cursor.skip(2);
  const heapAddress = cursor.address();
  const index = cursor.address();
  if (heapAddress === UNDEFINED_ADDRESS || index === UNDEFINED_ADDRESS) return [];
  const heap = await openFractalHeap(context, heapAddress);
  const records = await readBtreeRecords(context, index);
  const result: Cursor[] = [];
  for (const record of records) result.push(await heap(record));
  return result;
}

function expectMessage(
  context: FileContext,
  messages: readonly HeaderMessage[],
  type: number,
  path: string,
): Cursor {
  const message = messages.find((candidate) => candidate.type === type);
  if (message === undefined) throw context.error(`describes ${path} incompletely`);
  if (message.isShared) {
    throw context.unsupported('named types', 'Save it again with Keras or h5py.');
  }
  return fromStart(message.bytes);
}

function fromStart(cursor: Cursor): Cursor {
  cursor.position = 0;
  return cursor;
}
