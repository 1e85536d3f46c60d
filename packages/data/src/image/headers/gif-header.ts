import { partCounter, StructureError, type HeaderFields } from './header-fields';

const IMAGE = 0x2c;
const EXTENSION = 0x21;
const TRAILER = 0x3b;

/** A GIF's signature: GIF87a or GIF89a. */
export const isGif = (view: DataView): boolean =>
  view.byteLength >= 13 &&
  view.getUint32(0) === 0x47494638 &&
  (view.getUint16(4) === 0x3761 || view.getUint16(4) === 0x3961);

/** GIF89a specification: a screen, blocks of data in sub-blocks, and a trailer; the first picture must fit the screen. */
export function readGifHeader(view: DataView): HeaderFields {
  const width = view.getUint16(6, true);
  const height = view.getUint16(8, true);
  let offset = 13 + tableBytes(view.getUint8(10));
  let images = 0;
  const countPart = partCounter();
  for (;;) {
    countPart();
    const kind = view.getUint8(offset++);
    if (kind === TRAILER) break;
    if (kind === EXTENSION) {
      offset = afterSubBlocks(view, offset + 1, countPart);
    } else if (kind === IMAGE) {
      const right = view.getUint16(offset, true) + view.getUint16(offset + 4, true);
      const bottom = view.getUint16(offset + 2, true) + view.getUint16(offset + 6, true);
      if (right > width || bottom > height) throw new StructureError('a picture in it exceeds its screen');
      offset = afterSubBlocks(view, offset + 9 + tableBytes(view.getUint8(offset + 8)) + 1, countPart);
      images++;
    } else {
      throw new StructureError('it holds a block of an unknown kind');
    }
  }
  if (images === 0) throw new StructureError('it holds no picture');
  return { width, height };
}

/** Bytes of the colour table that `flags` announce. */
const tableBytes = (flags: number): number => ((flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1));

function afterSubBlocks(view: DataView, start: number, countPart: () => void): number {
  let offset = start;
  for (;;) {
    countPart();
    const length = view.getUint8(offset);
    offset += 1 + length;
    if (length === 0) return offset;
  }
}
