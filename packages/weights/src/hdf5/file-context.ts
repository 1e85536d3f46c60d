import { ZooError } from '@zoo/core';

import { invalidFile, readWithin, type ByteSource } from '../source/byte-source';

import { Cursor, UNDEFINED_ADDRESS } from './cursor';

/**
 * Bytes of directory (everything but the numbers themselves) that a file may make us read beyond its own size, each read counted as
 * that many more: less than a second's work. ResNet-152's 240 MB count as 9 MB.
 */
const DIRECTORY_BUDGET_BYTES = 32 * 1024 * 1024;
const READ_COST_BYTES = 512;
/** Bytes that chunks far larger than their datasets may take in all to unpack, each filter counted: a second's work. */
const WASTE_BUDGET_BYTES = 256 * 1024 * 1024;

/** An HDF5 file being read: where bytes come from, how wide its addresses are, and how much of its directory has been read. */
export class FileContext {
  private metadataBytes = 0;
  private wastedBytes = 0;

  constructor(
    /** Read in blocks, for the directory. */
    readonly metadata: ByteSource,
    /** Read directly, for the numbers. */
    readonly data: ByteSource,
    readonly baseAddress: number,
    readonly offsetBytes: number,
    readonly lengthBytes: number,
  ) {}

  get name(): string {
    return this.data.name;
  }

  /** A cursor over `length` bytes of directory at `address`. */
  async cursor(address: number, length: number): Promise<Cursor> {
    if (address === UNDEFINED_ADDRESS) throw this.error('points nowhere where it should point to something');
    this.metadataBytes += length + READ_COST_BYTES;
    if (this.metadataBytes > DIRECTORY_BUDGET_BYTES + this.data.sizeBytes)
      throw this.error('has a directory beyond any sound size');
    const bytes = await readWithin(this.metadata, this.baseAddress + address, length);
    return new Cursor(bytes, this.name, this.offsetBytes, this.lengthBytes);
  }

  /** A cursor over at most `length` bytes at `address`: fewer where the file ends. */
  cursorUpTo(address: number, length: number): Promise<Cursor> {
    const rest = this.metadata.sizeBytes - this.baseAddress - address;
    return this.cursor(address, Math.max(0, Math.min(length, rest)));
  }

  /** Counts bytes that are unpacked for nothing; throws when a file makes us unpack more of them than any sound one. */
  waste(bytes: number): void {
    this.wastedBytes += Math.max(0, bytes);
    // Infinity and NaN are rejected like too many.
    if (this.wastedBytes <= WASTE_BUDGET_BYTES) return;
    throw this.error('has chunks far beyond the sizes of their datasets');
  }

  error(problem: string): Error {
    return invalidFile(this.name, `is a damaged HDF5 file: it ${problem}`);
  }

  unsupported(what: string, nextStep: string): Error {
    return new ZooError(
      'unsupported',
      `Expected an HDF5 file as Keras writes it but ${this.name} uses ${what}. ${nextStep}`,
    );
  }
}
