const ORIENTATION_TAG = 0x0112;

/**
 * The orientation in a TIFF structure such as EXIF data: 1 (upright) to 8; undefined where there is none or it makes no sense.
 *
 * Source: EXIF 2.32, 4.6.4: tag 0x0112 of the first image directory.
 *
 * @param start Where the structure's byte order mark stands.
 * @param end One past its last byte.
 */
export function exifOrientation(view: DataView, start: number, end: number): number | undefined {
  if (start + 8 > end) return undefined;
  const byteOrder = view.getUint16(start);
  if (byteOrder !== 0x4949 && byteOrder !== 0x4d4d) return undefined;
  const littleEndian = byteOrder === 0x4949;
  const directory = start + view.getUint32(start + 4, littleEndian);
  if (directory + 2 > end) return undefined;
  const entries = view.getUint16(directory, littleEndian);
  for (let index = 0; index < entries; index++) {
    const entry = directory + 2 + index * 12;
    if (entry + 12 > end) return undefined;
    if (view.getUint16(entry, littleEndian) !== ORIENTATION_TAG) continue;
    const orientation = view.getUint16(entry + 8, littleEndian);
    return orientation >= 1 && orientation <= 8 ? orientation : undefined;
  }
  return undefined;
}

/** {@link exifOrientation} of data that may begin with `Exif` and two zeros, as JPEG and some WebP and PNG files have it. */
export function prefixedExifOrientation(view: DataView, start: number, end: number): number | undefined {
  const isPrefixed =
    start + 6 <= end && view.getUint32(start) === 0x45786966 && view.getUint16(start + 4) === 0;
  return exifOrientation(view, isPrefixed ? start + 6 : start, end);
}
