import { StructureError, type HeaderFields } from './header-fields';

/** What a PNM's header says of its pixels. */
export interface PnmHeader extends HeaderFields {
  /** The digit of its magic number: 1 and 4 bits, 2 and 5 grey, 3 and 6 colour; 1 to 3 as text. */
  readonly kind: 1 | 2 | 3 | 4 | 5 | 6;
  /** The value that stands for full brightness. */
  readonly maximum: number;
  /** Where the pixels begin. */
  readonly dataOffset: number;
}

/** PBM, PGM or PPM: P1 to P6 and white space or a comment. */
export const isPnm = (view: DataView): boolean =>
  view.byteLength >= 7 &&
  view.getUint8(0) === 0x50 &&
  view.getUint8(1) >= 0x31 &&
  view.getUint8(1) <= 0x36 &&
  (isSpace(view.getUint8(2)) || view.getUint8(2) === HASH);

const HASH = 0x23;
const DIGITS_LIMIT = 10;
/** The longest comments and white space before a value. */
export const LONGEST_GAP_BYTES = 65536;

/** White space of Netpbm's formats. */
export const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

/** Netpbm's pbm(5), pgm(5) and ppm(5): words between white space and comments, then one byte of white space. */
export function readPnmHeader(view: DataView): PnmHeader {
  const kind = (view.getUint8(1) - 0x30) as PnmHeader['kind'];
  let offset = 2;
  const word = (): number => {
    const gap = offset;
    for (;;) {
      if (offset - gap > LONGEST_GAP_BYTES) throw new StructureError('there is too much before its values');
      const byte = view.getUint8(offset);
      if (byte === HASH) offset = endOfComment(view, offset);
      else if (!isSpace(byte)) break;
      offset++;
    }
    const start = offset;
    let value = 0;
    for (let byte = view.getUint8(offset); !isSpace(byte); byte = view.getUint8(++offset)) {
      if (byte < 0x30 || byte > 0x39 || offset - start >= DIGITS_LIMIT) {
        throw new StructureError('its header holds a word that is no number');
      }
      value = value * 10 + byte - 0x30;
    }
    return value;
  };
  const width = word();
  const height = word();
  const maximum = kind === 1 || kind === 4 ? 1 : word();
  if (maximum < 1 || maximum > 65535) throw new StructureError(`its largest value is ${maximum}`);
  const isDeep = (kind === 2 || kind === 5) && maximum > 255;
  return {
    kind,
    width,
    height,
    maximum,
    dataOffset: offset + 1,
    values: isDeep ? 'deep grey' : 'plain',
  };
}

/** Where the comment at `start` ends, looked for as far as a gap may go. */
export function endOfComment(view: DataView, start: number): number {
  let offset = start;
  while (offset - start <= LONGEST_GAP_BYTES) {
    const byte = view.getUint8(offset);
    if (byte === 0x0a || byte === 0x0d) break;
    offset++;
  }
  return offset;
}
