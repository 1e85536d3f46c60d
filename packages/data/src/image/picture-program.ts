import { inflateBase64, memoize, nodeBuiltins } from '@zoo/core';

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

/** A module of kernels that run programs. */
export interface ProgramKernels {
  /** Unpacks and compiles the module, before a page's first run; in Node that needs no waiting. */
  prepare(): Promise<void>;
  /** The compiled module, for this thread and others. */
  module(): WebAssembly.Module;
  /**
   * Runs a program on this thread.
   *
   * @param calls Default all of the program's.
   * @param result Default the program's.
   * @returns The bytes of its result, which the next run overwrites; undefined if a kernel did not answer as expected.
   */
  run(
    program: PictureProgram,
    calls?: readonly KernelCall[],
    result?: PictureProgram['result'],
  ): Uint8Array | undefined;
}

/** @param deflated The module, deflated, as base64. */
export function programKernels(deflated: string): ProgramKernels {
  let compiled: WebAssembly.Module | undefined;
  const prepare = memoize(async () => {
    if (nodeBuiltins() === undefined) compiled = await WebAssembly.compile(await inflateBase64(deflated));
  });
  const module = memoize(() => compiled ?? new WebAssembly.Module(inflateInNode(deflated)));
  const kernels = memoize((): Kernels => {
    const { exports } = new WebAssembly.Instance(module());
    const functions = exports as Kernels['functions'];
    functions['initialize']!();
    return { functions, memory: exports['memory'] as WebAssembly.Memory };
  });
  return {
    prepare,
    module,
    run: (program, calls = program.calls, result = program.result) =>
      runCalls(kernels(), program, calls, result),
  };
}

function inflateInNode(deflated: string): Uint8Array<ArrayBuffer> {
  const { inflateRawSync } = nodeBuiltins()!('node:zlib');
  return new Uint8Array(inflateRawSync(Buffer.from(deflated, 'base64')));
}

interface Kernels {
  readonly functions: Readonly<Record<string, (...args: number[]) => number>>;
  readonly memory: WebAssembly.Memory;
}

function runCalls(
  { functions, memory }: Kernels,
  { sizeBytes, writes }: PictureProgram,
  calls: readonly KernelCall[],
  result: PictureProgram['result'],
): Uint8Array | undefined {
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
