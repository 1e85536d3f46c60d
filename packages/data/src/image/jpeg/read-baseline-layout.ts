/** One component of a {@link BaselineLayout}. */
export interface BaselineComponent {
  /** Blocks in an MCU. */
  readonly across: number;
  readonly down: number;
  readonly quantization: number;
  /** Its codes' numbers among {@link BaselineLayout.codes}: 0 and 1 for DC, 2 and 3 for AC. */
  readonly dcCode: number;
  readonly acCode: number;
}

/** Where the parts of an ordinary JPEG lie. */
export interface BaselineLayout {
  readonly width: number;
  readonly height: number;
  readonly components: readonly BaselineComponent[];
  readonly mcusAcross: number;
  readonly mcusDown: number;
  /** MCUs between restart markers; 0 for none. */
  readonly restart: number;
  /** Huffman codes: where the counts of their lengths begin, and how many symbols follow these. */
  readonly codes: readonly { readonly index: number; readonly offset: number; readonly symbols: number }[];
  readonly quantizations: readonly { readonly index: number; readonly offset: number }[];
  /** Where the scan's data begin. */
  readonly dataOffset: number;
}

const SOF0 = 0xc0;
const SOF1 = 0xc1;
const DHT = 0xc4;
const SOS = 0xda;
const DQT = 0xdb;
const DRI = 0xdd;
const APP0 = 0xe0;
const APP14 = 0xee;
const COM = 0xfe;

/** What {@link readBaselineLayout} gathers on its way to the scan. */
interface Found {
  frame?: number;
  restart: number;
  hasJfif: boolean;
  adobeTransform?: number;
  readonly codes: Map<number, { index: number; offset: number; symbols: number }>;
  readonly quantizations: Map<number, { index: number; offset: number }>;
}

/**
 * The layout of a JPEG that is ordinary throughout; undefined for one that is not, or is damaged.
 *
 * Source: ITU-T T.81, annex B; jdapimin.c of libjpeg, default_decompress_parms, for which files are YCbCr.
 */
export function readBaselineLayout(bytes: Uint8Array): BaselineLayout | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) return undefined;
  const found: Found = { restart: 0, hasJfif: false, codes: new Map(), quantizations: new Map() };
  try {
    for (let offset = 2; ;) {
      if (view.getUint8(offset) !== 0xff) return undefined;
      const marker = view.getUint8(offset + 1);
      const start = offset + 4;
      const end = offset + 2 + view.getUint16(offset + 2);
      if (end > view.byteLength) return undefined;
      if (marker === SOS) return layoutOf(view, found, start, end);
      if (!takeSegment(view, marker, start, end, found)) return undefined;
      offset = end;
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Takes in a segment before the scan; false for one that an ordinary file does not have. */
function takeSegment(view: DataView, marker: number, start: number, end: number, found: Found): boolean {
  switch (marker) {
    case SOF0:
    case SOF1:
      if (found.frame !== undefined) return false;
      found.frame = start;
      return true;
    case DHT:
      return takeCodes(view, start, end, found);
    case DQT:
      return takeQuantizations(view, start, end, found);
    case DRI:
      found.restart = view.getUint16(start);
      return end - start === 2;
    case APP0: {
      const isJfif =
        end - start >= 14 && view.getUint32(start) === 0x4a464946 && view.getUint8(start + 4) === 0;
      found.hasJfif ||= isJfif;
      // libjpeg warns of other versions than JFIF 1.
      return !isJfif || view.getUint8(start + 5) === 1;
    }
    case APP14:
      if (end - start >= 12 && view.getUint32(start) === 0x41646f62 && view.getUint8(start + 4) === 0x65) {
        found.adobeTransform = view.getUint8(start + 11);
      }
      return true;
    default:
      return marker === COM || (marker > APP0 && marker <= 0xef);
  }
}

function takeCodes(view: DataView, start: number, end: number, { codes }: Found): boolean {
  let offset = start;
  while (offset < end) {
    const id = view.getUint8(offset);
    const kind = id >> 4;
    if (kind > 1 || (id & 15) > 1) return false;
    let symbols = 0;
    for (let length = 0; length < 16; length++) symbols += view.getUint8(offset + 1 + length);
    const index = kind * 2 + (id & 15);
    codes.set(index, { index, offset: offset + 1, symbols });
    offset += 17;
    if (symbols > 256) return false;
    for (const last = offset + symbols; offset < last; offset++) {
      // libjpeg knows no difference of more than 15 bits between DC values.
      if (kind === 0 && view.getUint8(offset) > 15) return false;
    }
  }
  return offset === end;
}

function takeQuantizations(view: DataView, start: number, end: number, { quantizations }: Found): boolean {
  let offset = start;
  for (; offset < end; offset += 65) {
    const index = view.getUint8(offset);
    // The high digit is 1 for factors of 16 bits.
    if (index > 3) return false;
    quantizations.set(index, { index, offset: offset + 1 });
  }
  return offset === end;
}

function layoutOf(view: DataView, found: Found, start: number, end: number): BaselineLayout | undefined {
  const { frame, codes, quantizations, restart } = found;
  if (frame === undefined || view.getUint8(frame) !== 8) return undefined;
  const [height, width] = [view.getUint16(frame + 1), view.getUint16(frame + 3)];
  const count = view.getUint8(frame + 5);
  // Smooth upsampling begins at three samples of colour.
  if (height === 0 || width < 5 || (count !== 1 && count !== 3)) return undefined;
  const ids = Array.from({ length: count }, (_, c) => view.getUint8(frame + 6 + c * 3));
  if (count === 3 && !isYcc(found, ids)) return undefined;
  if (view.getUint8(start) !== count || end - start !== 4 + 2 * count) return undefined;
  // A whole spectrum of whole values: 0, 63, 0.
  if (view.getUint16(end - 3) !== 63 || view.getUint8(end - 1) !== 0) return undefined;
  const components = ids.map((id, c): BaselineComponent | undefined => {
    const sampling = view.getUint8(frame + 7 + c * 3);
    const quantization = view.getUint8(frame + 8 + c * 3);
    const tables = view.getUint8(start + 2 + c * 2);
    const [dcCode, acCode] = [tables >> 4, 2 + (tables & 15)];
    const isKnown = quantizations.has(quantization) && codes.has(dcCode) && codes.has(acCode) && dcCode < 2;
    if (view.getUint8(start + 1 + c * 2) !== id || !isKnown) return undefined;
    // The blocks of a single component stand row by row, whatever its sampling.
    const [across, down] = count === 1 ? [1, 1] : [sampling >> 4, sampling & 15];
    return { across, down, quantization, dcCode, acCode };
  });
  if (!isOrdinary(components)) return undefined;
  const [{ across, down }] = components;
  return {
    width,
    height,
    components,
    mcusAcross: Math.ceil(width / (8 * across)),
    mcusDown: Math.ceil(height / (8 * down)),
    restart,
    codes: [...codes.values()],
    quantizations: [...quantizations.values()],
    dataOffset: end,
  };
}

/** Whether libjpeg takes three components for YCbCr. */
function isYcc({ hasJfif, adobeTransform }: Found, ids: readonly number[]): boolean {
  if (hasJfif) return true;
  if (adobeTransform !== undefined) return adobeTransform === 1;
  return ids.join() === '1,2,3';
}

function isOrdinary(
  components: readonly (BaselineComponent | undefined)[],
): components is readonly [BaselineComponent, ...BaselineComponent[]] {
  const [luma, ...colors] = components;
  if (luma === undefined) return false;
  const sampling = `${luma.across}x${luma.down}`;
  if (sampling !== '1x1' && sampling !== '2x1' && sampling !== '2x2') return false;
  return colors.every((color) => color?.across === 1 && color.down === 1);
}
