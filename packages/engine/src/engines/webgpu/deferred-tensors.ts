/// <reference types="@webgpu/types" />

import * as tf from '@tensorflow/tfjs-core';

import type { BufferPool } from './buffer-pool';
import type { Scratch } from './dispatch';
import { epilogueBindings, joinEpilogues, type Epilogue } from './kernels/epilogue';
import type { StockBackend } from './stock-backend';

/** A pass that waits until somebody reads what it computes. */
export interface DeferredPass {
  /** What it reads, as plain descriptions; kept until nobody waits for it. */
  readonly sources: readonly tf.TensorInfo[];
  /** Memory of its own that is free then. */
  readonly scratch?: Scratch;
  /** Tensors that its first run writes besides its result. */
  readonly beside?: readonly tf.TensorInfo[];
  /** The tensor whose values it starts from, if it computes nothing but the epilogue. */
  readonly values?: tf.TensorInfo;
  /** True if there are bindings for an epilogue's mask. */
  readonly takesMask: boolean;
  /** Computes the values, with what comes after them. May run again, for another epilogue. */
  run(result: tf.TensorInfo, epilogue: Epilogue): void;
}

interface Waiting {
  readonly tensor: tf.TensorInfo;
  readonly work: Work;
  readonly epilogue: Epilogue;
}

interface Work {
  readonly pass: DeferredPass;
  readonly waiting: Set<Waiting>;
  hasRun: boolean;
}

/** A tensor that waits, with all that comes after. */
interface Following {
  readonly before: Waiting;
  readonly epilogue: Epilogue;
}

/** Tensors that wait and that no other pass has taken over: more of them would keep more memory than their values take. */
const MOST_UNTAKEN = 8;

/**
 * Tensors whose values are computed when somebody reads them.
 *
 * A sum, a ReLU or its gradient that follows takes the pass over before it runs, as its epilogue: one dispatch less, and values between
 * the two that nobody else reads are never written. What a waiting tensor needs is counted as held, so that it is neither freed nor
 * written in place meanwhile.
 */
export class DeferredTensors {
  private readonly waiting = new Map<object, Waiting>();
  private readonly besides = new Map<object, Work>();
  private untaken: Waiting[] = [];

  constructor(
    private readonly backend: StockBackend,
    private readonly pool: BufferPool,
  ) {}

  /** Lets `tensor`, a new one, wait for a pass with an epilogue; from then on the pass's scratch memory is freed here. */
  add(tensor: tf.TensorInfo, pass: DeferredPass, epilogue: Epilogue = {}): void {
    const beside = pass.beside ?? [];
    const needed = [...pass.sources, ...beside];
    for (const { dataId } of [...needed, ...Object.values(epilogueBindings(epilogue))]) this.settle(dataId);
    for (const { dataId } of needed) this.backend.incRef(dataId);
    const work: Work = { pass, waiting: new Set(), hasRun: false };
    for (const { dataId } of beside) this.besides.set(dataId, work);
    this.wait(tensor, work, epilogue);
  }

  /** What `source` waits for, with `next` after it; undefined if `source` does not wait or has no place for it. */
  following(source: tf.TensorInfo, next: Epilogue): Following | undefined {
    if (this.join(source, next) === undefined) return undefined;
    // A tensor that an epilogue reads is computed first, so that waiting tensors form no chain. It may have been the source itself.
    for (const { dataId } of Object.values(epilogueBindings(next))) this.settle(dataId);
    return this.join(source, next);
  }

  /** Lets `tensor`, a new one, wait for that. */
  follow(tensor: tf.TensorInfo, { before, epilogue }: Following): void {
    this.take(before);
    this.wait(tensor, before.work, epilogue);
  }

  /** For a tensor that waits to be masked and nothing else: what it is made from, for a pass that reads both instead. */
  takeMasked(tensor: tf.TensorInfo): { values: tf.TensorInfo; mask: tf.TensorInfo } | undefined {
    const found = this.waiting.get(tensor.dataId);
    if (found === undefined) return undefined;
    const { work, epilogue } = found;
    const { values } = work.pass;
    const { addend, activation, mask } = epilogue;
    if (values === undefined || mask === undefined || addend !== undefined || activation !== undefined) {
      return undefined;
    }
    this.take(found);
    return { values: { ...values, shape: tensor.shape }, mask };
  }

  /** Computes the tensors that have waited longest, if more wait than should. */
  settleEldest(): void {
    while (this.untaken.length > MOST_UNTAKEN) this.run(this.untaken[0]!);
  }

  /** Computes a tensor that waits; others are left as they are. */
  settle(dataId: object): void {
    const work = this.besides.get(dataId);
    const found = this.waiting.get(dataId) ?? (work && [...work.waiting].at(-1));
    if (found !== undefined) this.run(found);
  }

  /** Lets go of a tensor that is about to be disposed. What is written besides it is computed first, if anybody has that. */
  forget(dataId: object): void {
    const found = this.waiting.get(dataId);
    const isLast = found?.work.waiting.size === 1;
    const isWanted =
      isLast && besidesOf(found.work).some((tensor) => this.backend.refCount(tensor.dataId) > 1);
    try {
      if (isWanted || this.besides.has(dataId)) this.settle(dataId);
    } finally {
      const left = this.waiting.get(dataId);
      if (left !== undefined) this.end(left);
    }
  }

  private join(source: tf.TensorInfo, next: Epilogue): Following | undefined {
    const before = this.waiting.get(source.dataId);
    if (before === undefined || (next.mask !== undefined && !before.work.pass.takesMask)) return undefined;
    const epilogue = joinEpilogues(before.epilogue, next);
    return epilogue && { before, epilogue };
  }

  private wait(tensor: tf.TensorInfo, work: Work, epilogue: Epilogue): void {
    for (const { dataId } of Object.values(epilogueBindings(epilogue))) this.backend.incRef(dataId);
    const waiting: Waiting = { tensor, work, epilogue };
    this.waiting.set(tensor.dataId, waiting);
    work.waiting.add(waiting);
    this.untaken.push(waiting);
  }

  private take(waiting: Waiting): void {
    this.untaken = this.untaken.filter((other) => other !== waiting);
  }

  private run(waiting: Waiting): void {
    const { tensor, work, epilogue } = waiting;
    const beside = besidesOf(work);
    // The pass itself asks for these tensors' buffers.
    this.waiting.delete(tensor.dataId);
    for (const { dataId } of beside) this.besides.delete(dataId);
    try {
      work.pass.run(tensor, epilogue);
    } catch (error) {
      this.waiting.set(tensor.dataId, waiting);
      for (const { dataId } of beside) this.besides.set(dataId, work);
      throw error;
    }
    work.hasRun = true;
    for (const written of beside) this.release(written);
    this.end(waiting);
  }

  /** Gives back what a tensor that waits no more has held. */
  private end(waiting: Waiting): void {
    const { tensor, work, epilogue } = waiting;
    this.waiting.delete(tensor.dataId);
    this.take(waiting);
    for (const read of Object.values(epilogueBindings(epilogue))) this.release(read);
    work.waiting.delete(waiting);
    if (work.waiting.size > 0) return;
    const beside = besidesOf(work);
    for (const { dataId } of beside) this.besides.delete(dataId);
    for (const held of [...work.pass.sources, ...beside]) this.release(held);
    if (work.pass.scratch !== undefined) this.pool.releaseBuffer(work.pass.scratch.buffer);
  }

  private release({ dataId }: tf.TensorInfo): void {
    // The engine disposed its last tensor of this data without effect.
    if (this.backend.disposeData(dataId)) tf.engine().removeDataId(dataId, this.backend);
  }
}

/** What a run of the pass will write besides its result. */
const besidesOf = ({ pass, hasRun }: Work): readonly tf.TensorInfo[] => (hasRun ? [] : (pass.beside ?? []));
