import { StructureError, type HeaderFields } from './header-fields';

/** What a BMP's header says of its pixels. */
export interface BmpHeader extends HeaderFields {
  readonly bits: number;
  readonly compression: number;
  readonly isTopDown: boolean;
  /** Where the pixels begin. */
  readonly dataOffset: number;
  /** Where the palette begins, its colours and the bytes of each. */
  readonly paletteOffset: number;
  readonly paletteColors: number;
  readonly paletteBytes: number;
  /** Which bits of a pixel are red, green, blue and opacity. */
  readonly masks: readonly [red: number, green: number, blue: number, alpha: number];
}

const CORE_HEADER = 12;
const HEADER_SIZES = [CORE_HEADER, 40, 52, 56, 64, 108, 124];
const BITFIELDS = 3;

/** A BMP's first bytes, with one of the sizes that its second header can have. */
export const isBmp = (view: DataView): boolean =>
  view.byteLength >= 26 && view.getUint16(0) === 0x424d && HEADER_SIZES.includes(view.getUint32(14, true));

/** Windows' bitmap headers, versions 3 to 5, and OS/2's. */
export function readBmpHeader(view: DataView): BmpHeader {
  const size = view.getUint32(14, true);
  const isCore = size === CORE_HEADER;
  view.getUint8(14 + size - 1);
  const signedHeight = isCore ? view.getUint16(20, true) : view.getInt32(22, true);
  const width = isCore ? view.getUint16(18, true) : view.getUint32(18, true);
  const bits = view.getUint16(isCore ? 24 : 28, true);
  const compression = isCore ? 0 : view.getUint32(30, true);
  const hasMasks = compression === BITFIELDS;
  const mask = (index: number) => (hasMasks ? view.getUint32(54 + index * 4, true) : 0);
  const paletteOffset = 14 + size + (hasMasks && size === 40 ? 12 : 0);
  const colors = isCore ? 0 : view.getUint32(46, true);
  if (colors > 65536) throw new StructureError(`its palette has ${colors} colours`);
  return {
    width,
    height: Math.abs(signedHeight),
    isTopDown: signedHeight < 0,
    bits,
    compression,
    dataOffset: view.getUint32(10, true),
    paletteOffset,
    paletteColors: bits > 8 ? 0 : colors || 2 ** bits,
    paletteBytes: isCore ? 3 : 4,
    masks: [mask(0), mask(1), mask(2), hasMasks && size >= 56 && size !== 64 ? mask(3) : 0],
  };
}
