import { truncated } from './byte-source';

/** Reads little-endian numbers one after the other, and never beyond the end. */
export class LittleEndianReader {
  position = 0;
  protected readonly view: DataView;

  constructor(
    readonly bytes: Uint8Array<ArrayBuffer>,
    protected readonly fileName: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.bytes.byteLength - this.position;
  }

  u8(): number {
    return this.view.getUint8(this.advance(1));
  }

  u16(): number {
    return this.view.getUint16(this.advance(2), true);
  }

  u32(): number {
    return this.view.getUint32(this.advance(4), true);
  }

  /** The next `count` bytes, in place. */
  take(count: number): Uint8Array<ArrayBuffer> {
    const start = this.advance(count);
    return this.bytes.subarray(start, start + count);
  }

  /** Passes over `count` bytes and returns where they begin. */
  protected advance(count: number): number {
    if (!(count >= 0) || count > this.remaining) throw truncated(this.fileName);
    const start = this.position;
    this.position += count;
    return start;
  }
}
