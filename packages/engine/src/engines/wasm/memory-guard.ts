import { ZooError } from '@zoo/core';

import { batchSizeAdvice, megabytes } from '../../kernels/memory-advice';

import type { TfjsWasmModule } from './tfjs-backend';

/** The end of a 32-bit heap, less room for what tfjs allocates unseen (XNNPACK's operators, its tables of tensors). */
const HEAP_END_BYTES = 2 ** 32 - 2 ** 26;

/**
 * Stands before the heap's allocator: an allocation that does not fit is an error before anything is corrupted.
 *
 * tfjs takes what `_malloc` returns without a look; at the heap's end that is address 0, where tensors overwrite each other.
 */
export class MemoryGuard {
  /** Frees what can be made again; called once before an allocation is refused. */
  onPressure: () => void = () => undefined;
  /** Bytes that may be allocated in all. */
  readonly limitBytes: number;

  private kernel: string | undefined;
  private inputs: object = {};
  private usedBytes = 0;
  private readonly sizes = new Map<number, number>();

  constructor(module: TfjsWasmModule, limitBytes: number = HEAP_END_BYTES) {
    this.limitBytes = Math.min(limitBytes, HEAP_END_BYTES);
    // Emscripten's functions replace themselves at their first call, and would replace the guard.
    module._free(module._malloc(1));
    const allocate = module._malloc.bind(module);
    const free = module._free.bind(module);
    const tryAllocate = (sizeBytes: number) =>
      this.usedBytes + sizeBytes > this.limitBytes ? 0 : allocate(sizeBytes) >>> 0;
    module._malloc = (sizeBytes) => {
      let address = tryAllocate(sizeBytes);
      if (address === 0) {
        this.onPressure();
        address = tryAllocate(sizeBytes);
      }
      if (address === 0) throw this.outOfMemory(sizeBytes);
      this.usedBytes += sizeBytes;
      this.sizes.set(address, sizeBytes);
      return address;
    };
    module._free = (address) => {
      this.usedBytes -= this.sizes.get(address) ?? 0;
      this.sizes.delete(address);
      free(address);
    };
  }

  /** Calls `compute`; an error meanwhile names the kernel, and advises from the batch size of its inputs. */
  during<Result>(kernel: string, inputs: object, compute: () => Result): Result {
    this.kernel = kernel;
    this.inputs = inputs;
    try {
      return compute();
    } finally {
      this.kernel = undefined;
    }
  }

  private outOfMemory(neededBytes: number): ZooError {
    const what = this.kernel === undefined ? 'A tensor' : `The kernel ${this.kernel}`;
    const batchSize = this.kernel === undefined ? undefined : batchSizeOf(this.inputs);
    const used = `${megabytes(this.usedBytes)} of ${megabytes(this.limitBytes)} are in use`;
    return new ZooError(
      'out-of-memory',
      `${what} needs ${megabytes(neededBytes)} more on the wasm engine, where ${used}. ${batchSizeAdvice(batchSize)}`,
    );
  }
}

/** Images in a batch [size, height, width, channels], if one of the inputs is such. */
function batchSizeOf(inputs: object): number | undefined {
  const tensors = Object.values(inputs) as ({ readonly shape?: readonly number[] } | undefined)[];
  return tensors.find((tensor) => tensor?.shape?.length === 4)?.shape?.[0];
}
