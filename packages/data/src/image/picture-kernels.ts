import { memoize } from '@zoo/core';

import { PICTURE_KERNELS, VALUE_KERNELS } from './jpeg/generated/kernels';
import {
  FACTOR_BYTES,
  programKernels,
  type PictureProgram,
  type ScaleColors,
  type ValueSource,
} from './picture-program';

const kernels = memoize(() => programKernels(PICTURE_KERNELS));

/** Unpacks and compiles the kernels, before a page's first {@link runProgram}; in Node that needs no waiting. */
export const preparePictureKernels = (): Promise<void> => kernels().prepare();

/** The compiled kernels, for this thread and others. */
export const pictureKernels = (): WebAssembly.Module => kernels().module();

/**
 * Runs `program` on this thread.
 *
 * @returns The bytes of its result, which the next run overwrites; undefined if a kernel did not answer as expected.
 */
export const runProgram = (program: PictureProgram): Uint8Array | undefined => kernels().run(program);

/** As {@link runProgram}, but a program with {@link PictureProgram.values} makes these in `target`, which lies in `memory`; false if a kernel did not answer as expected. */
export function runProgramIn(
  program: PictureProgram & { readonly values: ValueSource },
  target: Uint8Array,
  memory: WebAssembly.Memory,
): boolean {
  const { values, calls } = program;
  const heap = kernels().run(program, calls.slice(0, -1), { address: 0, byteLength: program.sizeBytes });
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
