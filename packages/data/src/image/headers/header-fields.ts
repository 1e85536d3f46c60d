/** What a picture file says of itself, read without decoding it; what a format's reader leaves out has its usual value. */
export interface HeaderFields {
  /** Rows as stored, before `orientation` is applied. */
  readonly height: number;
  /** Columns as stored, before `orientation` is applied. */
  readonly width: number;
  /** EXIF orientation, 1 (upright) to 8: how the stored rows are to be turned. Default 1. */
  readonly orientation?: number;
  /** Values that decoders convert differently: CMYK, grey of more than 8 bits, or neither. Default `plain`. */
  readonly values?: 'cmyk' | 'deep grey' | 'plain';
  /** Passes over the picture that decoding takes: the scans of a JPEG. Default 1. */
  readonly scans?: number;
}

/** Thrown by the readers of headers for a file whose parts contradict each other; the message goes on after "but". */
export class StructureError extends Error {}

/** The most parts that a file's walk goes through: a picture of 100 million pixels has fewer, and more take longer than a tenth of a second. */
const MOST_PARTS = 3_000_000;

/** A function to call for each part of a file; throws {@link StructureError} when there are more than any picture has. */
export function partCounter(): () => void {
  let parts = 0;
  return () => {
    if (++parts > MOST_PARTS) throw new StructureError(`it comes in more than ${MOST_PARTS} parts`);
  };
}
