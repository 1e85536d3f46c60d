import { invalidFile, truncated } from '../source/byte-source';

/** An address that points nowhere: all bits set. */
export const UNDEFINED_ADDRESS = -1;

/** Reads little-endian numbers from a piece of an HDF5 file, and never beyond its end. */
export class Cursor {
  position = 0;
  private readonly view: DataView;

  constructor(
    readonly bytes: Uint8Array<ArrayBuffer>,
    private readonly fileName: string,
    /** Bytes an address takes in this file. */
    readonly offsetBytes: number,
    /** Bytes a length takes in this file. */
    readonly lengthBytes: number,
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

  /** An unsigned number of 1 to 8 bytes; beyond 2^53 it is no number that a sound file holds. */
  uint(width: number): number {
    const start = this.advance(width);
    let value = 0;
    for (let i = width - 1; i >= 0; i--) value = value * 256 + this.view.getUint8(start + i);
    if (!Number.isSafeInteger(value)) throw this.error('holds a number beyond any sound size');
    return value;
  }

  length(): number {
    return this.uint(this.lengthBytes);
  }

  /** A length, or infinity: all bits set. */
  lengthOrInfinity(): number {
    return this.skipOnes(this.lengthBytes) ? Infinity : this.length();
  }

  /** An address, or {@link UNDEFINED_ADDRESS}. */
  address(): number {
    return this.skipOnes(this.offsetBytes) ? UNDEFINED_ADDRESS : this.uint(this.offsetBytes);
  }

  take(count: number): Uint8Array<ArrayBuffer> {
    const start = this.advance(count);
    return this.bytes.subarray(start, start + count);
  }

  skip(count: number): void {
    this.advance(count);
  }

  /** A cursor of its own over the next `count` bytes. */
  sub(count: number): Cursor {
    return new Cursor(this.take(count), this.fileName, this.offsetBytes, this.lengthBytes);
  }

  /** Text of `count` bytes, up to its first zero. */
  text(count: number): string {
    return textOf(this.take(count));
  }

  expectSignature(signature: string): void {
    const found = String.fromCharCode(...this.take(4));
    if (found !== signature) throw this.error(`lacks the mark ${signature} where it should be`);
  }

  /** Moves to the next multiple of eight, or to the end. */
  align(): void {
    this.position = Math.min(this.bytes.byteLength, Math.ceil(this.position / 8) * 8);
  }

  error(problem: string): Error {
    return invalidFile(this.fileName, `is a damaged HDF5 file: it ${problem}`);
  }

  /** Skips `count` bytes if all their bits are set; tells whether they are. */
  private skipOnes(count: number): boolean {
    const start = this.position;
    const areOnes = this.take(count).every((byte) => byte === 255);
    if (!areOnes) this.position = start;
    return areOnes;
  }

  private advance(count: number): number {
    if (!(count >= 0) || count > this.remaining) throw truncated(this.fileName);
    const start = this.position;
    this.position += count;
    return start;
  }
}

/** UTF-8 text up to the first zero byte. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end === -1 ? bytes : bytes.subarray(0, end));
}
