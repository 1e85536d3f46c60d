import { inflateBase64, memoize, nodeBuiltins } from '@zoo/core';

import { PICTURE_KERNELS, VALUE_KERNELS } from './jpeg/generated/kernels';

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
  /** What the last call, `scaleColors`, makes the result of: it can be made where the result shall lie as well. */
  readonly values?: ValueSource;
}

/** RGB bytes and the factors that make them values (assembly/values.ts, scaleColors). */
export interface ValueSource {
  readonly address: number;
  readonly byteLength: number;
  /** Where {@link FACTOR_BYTES} lie. */
  readonly factors: number;
}

/** Twelve vectors of factors and one of an order. */
export const FACTOR_BYTES = 208;

/** The last call of a picture's program, on the memory that batches lie in. */
export type ScaleColors = (source: number, target: number, count: number, factors: number) => void;

type KernelValues = Uint8Array | Int16Array | Int32Array | Float32Array;

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
  end(address: number, byteLength: number, values?: ValueSource): PictureProgram;
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
    end: (address, byteLength, values) => ({
      ...{ sizeBytes: next, writes, calls, result: { address, byteLength } },
      ...(values !== undefined && { values }),
    }),
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
export function runProgram(program: PictureProgram): Uint8Array | undefined {
  return runCalls(program, program.calls, program.result);
}

/** As {@link runProgram}, but a program with {@link PictureProgram.values} makes these in `target`, which lies in `memory`; false if a kernel did not answer as expected. */
export function runProgramIn(
  program: PictureProgram & { readonly values: ValueSource },
  target: Uint8Array,
  memory: WebAssembly.Memory,
): boolean {
  const { values, calls } = program;
  const heap = runCalls(program, calls.slice(0, -1), { address: 0, byteLength: program.sizeBytes });
  if (heap === undefined) return false;
  const { byteOffset } = target;
  const start = placeOfPixels(byteOffset, target.length, values.byteLength);
  target.set(heap.subarray(values.address, values.address + values.byteLength), start);
  target.set(heap.subarray(values.factors, values.factors + FACTOR_BYTES));
  scaleColorsOn(memory)(byteOffset + start, byteOffset, values.byteLength / 3, byteOffset);
  return true;
}

/**
 * Where in the room for its values a picture's bytes are put: at the end, where every byte is read before a value lies there, and so that V8
 * copies words, which it does from and to whole addresses of eight.
 */
function placeOfPixels(byteOffset: number, length: number, byteLength: number): number {
  const start = length - byteLength;
  return start - ((byteOffset + start) % 8);
}

/** The kernels that write where batches lie, compiled. */
export const valueKernels = memoize(
  () => new WebAssembly.Module(Uint8Array.from(atob(VALUE_KERNELS), (char) => char.charCodeAt(0))),
);

const scalers = memoize(() => new WeakMap<WebAssembly.Memory, ScaleColors>());

function scaleColorsOn(memory: WebAssembly.Memory): ScaleColors {
  const known = scalers().get(memory);
  if (known !== undefined) return known;
  const { exports } = new WebAssembly.Instance(valueKernels(), { env: { memory } });
  const scaleColors = exports['scaleColors'] as ScaleColors;
  scalers().set(memory, scaleColors);
  return scaleColors;
}

function runCalls(
  { sizeBytes, writes }: PictureProgram,
  calls: readonly KernelCall[],
  result: PictureProgram['result'],
): Uint8Array | undefined {
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
