import { bodyStream, type BodyStream, type RangeBody } from './body-stream';

/** Bytes read one after the other from which on the rest is asked for in one request: a request for each weight costs its way there and back. */
const STREAM_AFTER_BYTES = 262144;
/** What may lie between two reads that count as one after the other: the directory's entries between the values. */
const MAXIMUM_GAP_BYTES = 65536;

/** What a {@link RangeReader} reads from. */
export interface RangedFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** The bytes `first` to `last`, and no others. */
  readonly request: (first: number, last: number) => Promise<RangeBody>;
}

/**
 * Reads of a file that is reached by range requests, or of a Blob's slices, one each; reads that follow each other are answered from
 * one request that goes on to the end of the file, broken off when reading goes on elsewhere.
 */
export class RangeReader {
  private bytesInSequence = 0;
  private stream: Promise<BodyStream> | undefined;

  constructor(
    private readonly file: RangedFile,
    /** End of what has been read so far. */
    private end: number,
  ) {}

  async read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const { request, name, sizeBytes } = this.file;
    const isNext = offset >= this.end && offset - this.end <= MAXIMUM_GAP_BYTES;
    this.bytesInSequence = isNext ? this.bytesInSequence + length : length;
    this.end = offset + length;
    if (!isNext) void this.endStream('finish');
    if (this.stream === undefined && !(isNext && this.bytesInSequence >= STREAM_AFTER_BYTES)) {
      const stream = bodyStream(await request(offset, offset + length - 1), offset, name);
      const bytes = await stream.take(offset, length);
      await stream.expectEnd();
      return bytes;
    }
    this.stream ??= request(offset, sizeBytes - 1).then((body) => bodyStream(body, offset, name));
    return (await this.stream).take(offset, length);
  }

  close(): Promise<void> {
    return this.endStream('cancel');
  }

  private async endStream(how: 'finish' | 'cancel'): Promise<void> {
    const open = this.stream;
    this.stream = undefined;
    await open?.then((stream) => stream[how]()).catch(() => undefined);
  }
}
