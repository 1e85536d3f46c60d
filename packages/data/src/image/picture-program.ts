import { inflateBase64, memoize, nodeBuiltins } from '@zoo/core';

import { PICTURE_KERNELS } from './jpeg/generated/kernels';

/** A call of a kernel of assembly/. */
export interface KernelCall {
  readonly kernel: string;
  readonly args: readonly number[];
  /** Any other answer ends the program. */
  readonly expected?: number;
}

/** What becomes of a picture, as data that any thread can run: bytes that are put into a memory, calls on it, and where the result is. */
export interface PictureProgram {
  /** The memory that it needs. */
  readonly sizeBytes: number;
  readonly writes: readonly (readonly [address: number, bytes: Uint8Array])[];
  readonly calls: readonly KernelCall[];
  readonly result: { readonly address: number; readonly byteLength: number };
}

type KernelValues = Uint8Array | Int32Array | Float32Array;

/** A {@link PictureProgram} that is being written. */
export interface ProgramDraft {
  /** Address of `byteLength` bytes, and some more behind them: vectors are read and written whole. */
  room(byteLength: number): number;
  /** Address of room that holds `values`. */
  place(values: KernelValues): number;
  /** Puts `values` at an address that the kernels keep for them. */
  write(address: number, values: KernelValues): void;
  call(kernel: string, args: readonly number[], expected?: number): void;
  /** The program whose result stands at `address`. */
  end(address: number, byteLength: number): PictureProgram;
}

/** Where the kernels keep their own (assembly/jpeg.ts, RESERVED). */
const RESERVED_BYTES = 49_152;
const SLACK_BYTES = 64;
const PAGE_BYTES = 65_536;

/** Begins a program. */
export function draftProgram(): ProgramDraft {
  const writes: [number, Uint8Array][] = [];
  const calls: KernelCall[] = [];
  let next = RESERVED_BYTES;
  const room = (byteLength: number): number => {
    const address = next;
    next += (byteLength + SLACK_BYTES + 15) & ~15;
    return address;
  };
  const write = (address: number, values: KernelValues): void => {
    writes.push([address, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)]);
  };
  return {
    room,
    place: (values) => {
      const address = room(values.byteLength);
      write(address, values);
      return address;
    },
    write,
    call: (kernel, args, expected) =>
      calls.push({ kernel, args, ...(expected !== undefined && { expected }) }),
    end: (address, byteLength) => ({ sizeBytes: next, writes, calls, result: { address, byteLength } }),
  };
}

let compiled: WebAssembly.Module | undefined;

/** Unpacks and compiles the kernels, before a page's first {@link runProgram}; in Node that needs no waiting. */
export const preparePictureKernels = memoize(async () => {
  if (nodeBuiltins() === undefined)
    compiled = await WebAssembly.compile(await inflateBase64(PICTURE_KERNELS));
});

/** The compiled kernels, for this thread and others. */
export const pictureKernels = memoize(() => compiled ?? new WebAssembly.Module(inflateInNode()));

function inflateInNode(): Uint8Array<ArrayBuffer> {
  const { inflateRawSync } = nodeBuiltins()!('node:zlib');
  return new Uint8Array(inflateRawSync(Buffer.from(PICTURE_KERNELS, 'base64')));
}

const kernels = memoize(() => {
  const { exports } = new WebAssembly.Instance(pictureKernels());
  const functions = exports as Record<string, (...args: number[]) => number>;
  functions.initialize!();
  return { functions, memory: exports.memory as WebAssembly.Memory };
});

/**
 * Runs `program` on this thread.
 *
 * @returns The bytes of its result, which the next run overwrites; undefined if a kernel did not answer as expected.
 */
export function runProgram({ sizeBytes, writes, calls, result }: PictureProgram): Uint8Array | undefined {
  const { functions, memory } = kernels();
  const missing = Math.ceil((sizeBytes - memory.buffer.byteLength) / PAGE_BYTES);
  if (missing > 0) memory.grow(missing);
  const heap = new Uint8Array(memory.buffer);
  for (const [address, bytes] of writes) heap.set(bytes, address);
  for (const { kernel, args, expected } of calls) {
    const answer = functions[kernel]!(...args);
    if (expected !== undefined && answer !== expected) return undefined;
  }
  return heap.subarray(result.address, result.address + result.byteLength);
}
