const PNG_START = 8;
const WEBP_START = 12;
const PNG_EXIF = 0x65584966;
const WEBP_EXIF = 0x45584946;

/** The parts of a PNG or WebP file without its EXIF data: browsers differ in whether they turn such pictures. */
export function withoutExif(
  bytes: Uint8Array<ArrayBuffer>,
  format: 'png' | 'webp',
): Uint8Array<ArrayBuffer>[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isPng = format === 'png';
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let kept = 0;
  for (let offset = isPng ? PNG_START : WEBP_START; offset + 8 <= bytes.length;) {
    const length = isPng ? view.getUint32(offset) : view.getUint32(offset + 4, true);
    const end = offset + (isPng ? 12 + length : 8 + length + (length & 1));
    if (isPng && view.getUint32(offset + 4) === PNG_EXIF) {
      parts.push(bytes.subarray(kept, offset));
      kept = end;
    } else if (!isPng && view.getUint32(offset) === WEBP_EXIF) {
      // Decoders skip a chunk with an unknown name, and the container's length stays right.
      parts.push(bytes.subarray(kept, offset), Uint8Array.from([0x58, 0x58, 0x58, 0x58]));
      kept = offset + 4;
    }
    offset = end;
  }
  return [...parts, bytes.subarray(kept)];
}
