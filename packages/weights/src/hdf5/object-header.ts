import type { Cursor } from './cursor';
import type { FileContext } from './file-context';

/** Types of header messages that are read. */
export const MESSAGE = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  fillValue: 0x05,
  link: 0x06,
  externalFiles: 0x07,
  layout: 0x08,
  filters: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const;

/** One message of an object's header. */
export interface HeaderMessage {
  readonly type: number;
  /** True if the content is only a pointer to a message shared with other objects. */
  readonly isShared: boolean;
  readonly bytes: Cursor;
}

const MAXIMUM_MESSAGES = 100_000;

/** All messages of the object header at `address`, in either of the two versions, continuations followed. */
export async function readObjectHeader(context: FileContext, address: number): Promise<HeaderMessage[]> {
  const start = await context.cursorUpTo(address, 32);
  const isVersion2 = String.fromCharCode(...start.bytes.subarray(0, 4)) === 'OHDR';
  return isVersion2 ? readVersion2(context, address, start) : readVersion1(context, address, start);
}

async function readVersion1(context: FileContext, address: number, start: Cursor): Promise<HeaderMessage[]> {
  const version = start.u8();
  if (version !== 1) throw context.error(`has an object header of unknown version, ${version}`);
  start.skip(7);
  const size = start.u32();
  return collect(context, { address: address + 16, size }, (cursor, messages) => {
    while (cursor.remaining >= 8) {
      const type = cursor.u16();
      const length = cursor.u16();
      const flags = cursor.u8();
      cursor.skip(3);
      messages.push({
        type,
        isShared: (flags & 2) !== 0,
        bytes: cursor.sub(Math.min(length, cursor.remaining)),
      });
    }
  });
}

async function readVersion2(context: FileContext, address: number, start: Cursor): Promise<HeaderMessage[]> {
  start.skip(5);
  const flags = start.u8();
  if ((flags & 32) !== 0) start.skip(16);
  if ((flags & 16) !== 0) start.skip(4);
  const size = start.uint(1 << (flags & 3));
  const first = { address: address + start.position, size };
  const tracksOrder = (flags & 4) !== 0;
  return collect(context, first, (cursor, messages, isFirst) => {
    // A continuation begins with its signature and ends with a checksum.
    if (!isFirst) cursor.expectSignature('OCHK');
    const end = isFirst ? 0 : 4;
    const headBytes = tracksOrder ? 6 : 4;
    while (cursor.remaining - end >= headBytes) {
      const type = cursor.u8();
      const length = cursor.u16();
      const messageFlags = cursor.u8();
      if (tracksOrder) cursor.skip(2);
      messages.push({ type, isShared: (messageFlags & 2) !== 0, bytes: cursor.sub(length) });
    }
  });
}

interface Block {
  readonly address: number;
  readonly size: number;
}

type ParseBlock = (cursor: Cursor, messages: HeaderMessage[], isFirst: boolean) => void;

async function collect(context: FileContext, first: Block, parse: ParseBlock): Promise<HeaderMessage[]> {
  const messages: HeaderMessage[] = [];
  const blocks = [first];
  const seen = new Set<number>();
  for (let block = blocks.shift(); block !== undefined; block = blocks.shift()) {
    if (seen.has(block.address)) throw context.error('has an object header that continues in itself');
    seen.add(block.address);
    const before = messages.length;
    parse(await context.cursor(block.address, block.size), messages, block === first);
    if (messages.length > MAXIMUM_MESSAGES) throw context.error('has an object header without end');
    for (const { type, bytes } of messages.slice(before)) {
      if (type === MESSAGE.continuation) blocks.push({ address: bytes.address(), size: bytes.length() });
    }
  }
  return messages;
}
