import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type * as tf from '@tensorflow/tfjs-core';

import type { MemoryGuard } from './memory-guard';
import type { Allocator } from './thread-pool';

type DataId = tf.TensorInfo['dataId'];

/** One packed form of one tensor: where it is kept, or undefined if it has been used once and is kept from the next time on. */
type Form = number | undefined;

/**
 * Weights in the order in which the products read them.
 *
 * A training step uses each weight once before it changes, so that keeping would gain nothing; inference uses it again and again.
 * What is used a second time unchanged is therefore kept, until its data are disposed, written in place, or memory runs short.
 */
export class PackedWeights {
  private readonly forms = new Map<DataId, Map<string, Form>>();

  constructor(
    private readonly allocator: Allocator,
    backend: BackendWasm,
    guard: MemoryGuard,
  ) {
    const dispose = backend.disposeData.bind(backend);
    backend.disposeData = (dataId: DataId, force?: boolean) => {
      const isGone = dispose(dataId, force);
      if (isGone) this.forget(dataId);
      return isGone;
    };
    guard.onPressure = () => {
      this.forgetAll();
    };
  }

  /**
   * Calls `use` with the address of the packed form called `form` of a tensor, which `pack` makes unless it is there.
   *
   * @param form What tells this packed form from others of the same tensor.
   */
  with(
    dataId: DataId,
    form: string,
    sizeBytes: number,
    pack: (address: number) => void,
    use: (address: number) => void,
  ): void {
    const forms = this.formsOf(dataId);
    const kept = forms.get(form);
    if (kept !== undefined) {
      use(kept);
      return;
    }
    const isSecondUse = forms.has(form);
    const address = this.allocator.allocate(sizeBytes);
    try {
      pack(address);
      use(address);
    } finally {
      // The allocation may have cleared the table: then this form counts as used for the first time.
      const isKept = isSecondUse && this.forms.get(dataId)?.has(form) === true;
      this.formsOf(dataId).set(form, isKept ? address : undefined);
      if (!isKept) this.allocator.free(address);
    }
  }

  /** Drops every packed form of a tensor whose data have changed or gone. */
  forget(dataId: DataId): void {
    const forms = this.forms.get(dataId);
    if (forms === undefined) return;
    this.forms.delete(dataId);
    for (const address of forms.values()) if (address !== undefined) this.allocator.free(address);
  }

  private forgetAll(): void {
    for (const dataId of [...this.forms.keys()]) this.forget(dataId);
  }

  private formsOf(dataId: DataId): Map<string, Form> {
    const forms = this.forms.get(dataId) ?? new Map<string, Form>();
    this.forms.set(dataId, forms);
    return forms;
  }
}
