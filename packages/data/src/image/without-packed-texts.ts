const SIGNATURE_BYTES = 8;
/** Chunks that are packed, or may be, and say nothing of the pixels: texts, and the profile that is ignored. */
const PACKED = new Set(['zTXt', 'iTXt', 'iCCP']);
/** What of them may stay: unpacked a thousand times as much, which takes a fraction of a second. */
const KEPT_BYTES = 65_536;

/** A PNG whose chunks lead to its end, without its packed texts where they are long: decoders unpack them, each to 50 MB and more, for nothing. */
export function withoutPackedTexts(png: Uint8Array): Uint8Array {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const parts: Uint8Array[] = [png.subarray(0, SIGNATURE_BYTES)];
  let packedBytes = 0;
  for (let offset = SIGNATURE_BYTES; offset + 12 <= png.length;) {
    const end = offset + 12 + view.getUint32(offset);
    const type = String.fromCharCode(...png.subarray(offset + 4, offset + 8));
    if (PACKED.has(type)) packedBytes += end - offset;
    else parts.push(png.subarray(offset, end));
    if (type === 'IEND') break;
    offset = end;
  }
  return packedBytes <= KEPT_BYTES ? png : Buffer.concat(parts);
}
