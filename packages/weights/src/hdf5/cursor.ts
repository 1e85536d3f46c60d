import { invalidFile } from '../source/byte-source';
import { LittleEndianReader } from '../source/little-endian-reader';

/** An address that points nowhere: all bits set. */
export const UNDEFINED_ADDRESS = -1;

/** Reads little-endian numbers from a piece of an HDF5 file, and never beyond its end. */
export class Cursor extends LittleEndianReader {
  constructor(
    bytes: Uint8Array<ArrayBuffer>,
    fileName: string,
    /** Bytes an address takes in this file. */
    readonly offsetBytes: number,
    /** Bytes a length takes in this file. */
    readonly lengthBytes: number,
  ) {
    super(bytes, fileName);
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
}

/** UTF-8 text up to the first zero byte. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end === -1 ? bytes : bytes.subarray(0, end));
}
