import { partCounter, StructureError, type HeaderFields } from './header-fields';

const FTYP = 0x66747970;
const META = 0x6d657461;
const IPRP = 0x69707270;
const IPCO = 0x6970636f;
const ISPE = 0x69737065;
const BRANDS: ReadonlySet<number> = new Set([0x61766966, 0x61766973]);

/** An AVIF's first box: `ftyp` with the brand avif or avis, first or among the compatible ones. */
export const isAvif = (view: DataView): boolean => {
  if (view.byteLength < 16 || view.getUint32(4) !== FTYP) return false;
  const end = Math.min(view.byteLength, view.getUint32(0), 128);
  for (let offset = 8; offset + 4 <= end; offset += 4) {
    if (offset !== 12 && BRANDS.has(view.getUint32(offset))) return true;
  }
  return false;
};

/**
 * ISO/IEC 23008-12: the largest `ispe` of the item properties. Decoders turn the picture by its own `irot` and `imir`, so
 * that it comes upright and may come with its sides exchanged.
 */
export function readAvifHeader(view: DataView): HeaderFields {
  let height = 0;
  let width = 0;
  const countPart = partCounter();
  const walk = (start: number, end: number): void => {
    for (let offset = start; offset + 8 <= end;) {
      countPart();
      const size = view.getUint32(offset) || end - offset;
      if (size < 8) throw new StructureError('one of its boxes has no length');
      view.getUint8(offset + size - 1);
      const type = view.getUint32(offset + 4);
      if (type === META) walk(offset + 12, offset + size);
      else if (type === IPRP || type === IPCO) walk(offset + 8, offset + size);
      else if (type === ISPE) {
        width = Math.max(width, view.getUint32(offset + 12));
        height = Math.max(height, view.getUint32(offset + 16));
      }
      offset += size;
    }
  };
  walk(0, view.byteLength);
  return { height, width };
}
