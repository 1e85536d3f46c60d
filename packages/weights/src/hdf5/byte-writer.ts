/** Writes little-endian numbers and texts into a growing buffer. */
export class ByteWriter {
  private bytes = new Uint8Array(256);
  private view = new DataView(this.bytes.buffer);
  length = 0;

  u8(...values: number[]): this {
    const start = this.advance(values.length);
    for (const [i, value] of values.entries()) this.bytes[start + i] = value;
    return this;
  }

  u16(value: number): this {
    const start = this.advance(2);
    this.view.setUint16(start, value, true);
    return this;
  }

  u32(value: number): this {
    const start = this.advance(4);
    this.view.setUint32(start, value, true);
    return this;
  }

  u64(value: number): this {
    const start = this.advance(8);
    this.view.setBigUint64(start, BigInt(value), true);
    return this;
  }

  /** The address that points nowhere. */
  undefinedAddress(): this {
    return this.u32(0xffffffff).u32(0xffffffff);
  }

  put(bytes: Uint8Array): this {
    const start = this.advance(bytes.length);
    this.bytes.set(bytes, start);
    return this;
  }

  ascii(text: string): this {
    return this.put(new TextEncoder().encode(text));
  }

  zeros(count: number): this {
    this.advance(count);
    return this;
  }

  /** Zeros up to the next multiple of eight. */
  pad(): this {
    return this.zeros((8 - (this.length % 8)) % 8);
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length);
  }

  /** Makes room first: growing replaces the buffer, so that callers look at it only afterwards. */
  private advance(count: number): number {
    const start = this.length;
    this.length += count;
    if (this.length > this.bytes.length) {
      const larger = new Uint8Array(Math.max(this.length, this.bytes.length * 2));
      larger.set(this.bytes);
      [this.bytes, this.view] = [larger, new DataView(larger.buffer)];
    }
    return start;
  }
}
