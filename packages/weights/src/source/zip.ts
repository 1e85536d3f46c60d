import { expectLength, invalidFile, readWithin, truncated, type ByteSource } from './byte-source';
import { checkedSource, damagedBytes, readChecked, type CheckedSource } from './checked-source';
import { crc32 } from './crc32';
import { inflate } from './inflate';

/** A file in a ZIP archive, to be read in pieces if it is stored, or whole if it is compressed. */
export interface ZipEntry {
  readonly name: string;
  readonly storedBytes: number;
  readonly sizeBytes: number;
  readonly isCompressed: boolean;
  readonly headerOffset: number;
  /** CRC-32 of the unpacked bytes. */
  readonly checksum: number;
  /** A symbolic link, whose bytes are the path that it leads to. */
  readonly isLink: boolean;
}

/** Unix's mode of a symbolic link (S_IFLNK), in the upper half of an entry's attributes. */
const LINK_MODE = 0o120000;
const END_BYTES = 22;
const MAXIMUM_COMMENT_BYTES = 65535;
const MAXIMUM_ENTRIES = 100_000;
const MAXIMUM_DIRECTORY_BYTES = 64 * 1024 * 1024;
/** Numbers of weights hardly shrink, and Keras and PyTorch store them as they are; deflate could grow what it packed by 1,032. */
const MAXIMUM_EXPANSION = 16;
/** What may be unpacked whatever it was packed to: a fraction of a second's work. */
const ALWAYS_ALLOWED_BYTES = 64 * 1024 * 1024;

/** True if `start`, the first bytes of a file, are those of a ZIP archive. */
export function isZip(start: Uint8Array): boolean {
  return start[0] === 0x50 && start[1] === 0x4b && start[2] === 3 && start[3] === 4;
}

/**
 * The files in a ZIP archive by name; Windows' separators become slashes, and names that lead out of the archive are refused.
 * ZIP64 is read; encryption and compression other than deflate are refused.
 */
export async function readZip(source: ByteSource): Promise<ReadonlyMap<string, ZipEntry>> {
  const { offset, sizeBytes, count } = await findDirectory(source);
  if (count > MAXIMUM_ENTRIES || sizeBytes > MAXIMUM_DIRECTORY_BYTES) {
    throw invalidFile(source.name, 'is an archive with a directory beyond any sound size');
  }
  const bytes = await readWithin(source, offset, sizeBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries = new Map<string, ZipEntry>();
  for (let position = 0; position + 46 <= bytes.length && entries.size < count;) {
    if (view.getUint32(position, true) !== 0x02014b50) throw damaged(source);
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((at) =>
      view.getUint16(position + at, true),
    ) as [number, number, number];
    const end = position + 46 + nameBytes + extraBytes + commentBytes;
    if (end > bytes.length) throw damaged(source);
    const entry = parseEntry(source, view, position, nameBytes, extraBytes);
    if (entries.has(entry.name))
      throw invalidFile(source.name, `is an archive with two files called ${entry.name}`);
    entries.set(entry.name, entry);
    position = end;
  }
  return entries;
}

/**
 * A file of the archive: read in place if it is stored, unpacked once if it is compressed. Content that is read in place is verified only
 * by `verify`.
 */
export async function openZipEntry(source: ByteSource, entry: ZipEntry): Promise<CheckedSource> {
  const header = await readWithin(source, entry.headerOffset, 30);
  const view = new DataView(header.buffer);
  if (view.getUint32(0, true) !== 0x04034b50) throw damaged(source);
  const start = entry.headerOffset + 30 + view.getUint16(26, true) + view.getUint16(28, true);
  const name = `${entry.name} in ${source.name}`;
  await expectSameName(source, entry, view.getUint16(26, true));
  if (start + entry.storedBytes > source.sizeBytes) throw truncated(source.name);
  if (!entry.isCompressed) {
    const { sizeBytes } = entry;
    const read: ByteSource['read'] = (offset, length) => source.read(start + offset, length);
    return checkedSource({ name, sizeBytes, read }, entry.checksum);
  }
  if (entry.sizeBytes > Math.max(ALWAYS_ALLOWED_BYTES, entry.storedBytes * MAXIMUM_EXPANSION)) {
    throw invalidFile(
      name,
      `unpacks from ${entry.storedBytes} to ${entry.sizeBytes} bytes, as no weights do`,
      'If you trust it, store it in the archive without compression.',
    );
  }
  const packed = await readWithin(source, start, entry.storedBytes);
  const bytes = expectLength(
    await inflate(packed, 'deflate-raw', entry.sizeBytes, name),
    entry.sizeBytes,
    name,
  );
  if (entry.checksum !== 0 && crc32(bytes) !== entry.checksum) throw damagedBytes(name);
  return {
    name,
    sizeBytes: bytes.length,
    read: (offset, length) => Promise.resolve(bytes.slice(offset, offset + length)),
    verify: () => Promise.resolve(),
  };
}

/** A file has its name before its bytes, too: a directory that points to another one's is damaged. */
async function expectSameName(source: ByteSource, entry: ZipEntry, nameBytes: number): Promise<void> {
  const name = await readWithin(source, entry.headerOffset + 30, nameBytes);
  if (entryName(name) !== entry.name) throw damaged(source);
}

/** A file's name; Windows' separators become slashes. */
function entryName(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replaceAll('\\', '/');
}

/** Text of a small file of the archive. */
export async function readZipText(
  source: ByteSource,
  entry: ZipEntry,
  maximumBytes: number,
): Promise<string> {
  if (entry.sizeBytes > maximumBytes)
    throw invalidFile(source.name, `holds a ${entry.name} beyond any sound size`);
  return new TextDecoder().decode(await readChecked(await openZipEntry(source, entry)));
}

function parseEntry(
  source: ByteSource,
  view: DataView,
  position: number,
  nameBytes: number,
  extraBytes: number,
): ZipEntry {
  const flags = view.getUint16(position + 8, true);
  const method = view.getUint16(position + 10, true);
  const rawName = new Uint8Array(view.buffer, view.byteOffset + position + 46, nameBytes);
  const name = entryName(rawName);
  if ((flags & 1) !== 0) throw invalidFile(source.name, `holds ${name} encrypted`);
  if (method !== 0 && method !== 8)
    throw invalidFile(source.name, `holds ${name} in an unknown compression, ${method}`);
  if (/^\/|^[a-z]:/i.test(name) || name.split('/').includes('..')) {
    throw invalidFile(source.name, `holds a file whose name leads out of it, ${name}`);
  }
  const fields = [24, 20, 42].map((at) => view.getUint32(position + at, true)) as [number, number, number];
  const [sizeBytes, storedBytes, headerOffset] = zip64Fields(
    source,
    view,
    position + 46 + nameBytes,
    extraBytes,
    fields,
  );
  const isCompressed = method === 8;
  if (!isCompressed && storedBytes !== sizeBytes) throw damaged(source);
  const checksum = view.getUint32(position + 16, true);
  const isLink = ((view.getUint32(position + 38, true) >>> 16) & 0o170000) === LINK_MODE;
  return { name, sizeBytes, storedBytes, headerOffset, isCompressed, checksum, isLink };
}

/** Fields that are full of ones stand in the extra field, in this order. */
function zip64Fields(
  source: ByteSource,
  view: DataView,
  start: number,
  length: number,
  fields: [number, number, number],
): [number, number, number] {
  for (let position = start; position + 4 <= start + length;) {
    const id = view.getUint16(position, true);
    const size = view.getUint16(position + 2, true);
    if (id === 1) {
      let at = position + 4;
      return fields.map((field) => {
        if (field !== 0xffffffff) return field;
        if (at + 8 > start + length) throw damaged(source);
        at += 8;
        return safeNumber(source, view.getBigUint64(at - 8, true));
      }) as [number, number, number];
    }
    position += 4 + size;
  }
  return fields;
}

async function findDirectory(source: ByteSource) {
  const tailBytes = Math.min(source.sizeBytes, END_BYTES + MAXIMUM_COMMENT_BYTES);
  const tailStart = source.sizeBytes - tailBytes;
  const tail = await readWithin(source, tailStart, tailBytes);
  const view = new DataView(tail.buffer);
  for (let at = tailBytes - END_BYTES; at >= 0; at--) {
    if (view.getUint32(at, true) !== 0x06054b50) continue;
    const plain = {
      count: view.getUint16(at + 10, true),
      sizeBytes: view.getUint32(at + 12, true),
      offset: view.getUint32(at + 16, true),
    };
    const isZip64 = plain.count === 0xffff || plain.sizeBytes === 0xffffffff || plain.offset === 0xffffffff;
    return isZip64 ? findZip64Directory(source, tailStart + at) : plain;
  }
  throw truncated(source.name);
}

async function findZip64Directory(source: ByteSource, endOffset: number) {
  const locator = new DataView((await readWithin(source, Math.max(0, endOffset - 20), 20)).buffer);
  if (locator.getUint32(0, true) !== 0x07064b50) throw damaged(source);
  const record = await readWithin(source, safeNumber(source, locator.getBigUint64(8, true)), 56);
  const view = new DataView(record.buffer);
  if (view.getUint32(0, true) !== 0x06064b50) throw damaged(source);
  const [count, sizeBytes, offset] = [32, 40, 48].map((at) =>
    safeNumber(source, view.getBigUint64(at, true)),
  ) as [number, number, number];
  return { count, sizeBytes, offset };
}

function safeNumber(source: ByteSource, value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged(source);
  return Number(value);
}

function damaged(source: ByteSource): Error {
  return invalidFile(source.name, 'is a damaged archive');
}
