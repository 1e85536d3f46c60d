import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { heapBackend, isSharedMemory, ZooError, type Batch, type BatchSource } from '@zoo/core';

import type { RankWork } from '../history';
import type { MetricSums } from '../metrics/running-metrics';
import type { Communicator } from '../node/distributed/communicator';

import { expectSameWeights, type NamedWeight } from './compare-weights';
import type { ExchangeType, ResolvedDistributedOptions } from './distributed-options';
import { createGradientExchange, type GradientExchange } from './gradient-exchange';
import { bfloat16, float16, type HalfPrecision } from './half-precision';
import { halfSum } from './half-sum';
import { assignValues, createMovedWeights, valuesOf, type MovedWeights } from './moved-weights';
import { partOfSource } from './part-of-source';
import { createSyncBatchNorm, type SyncBatchNorm } from './sync-batch-norm';
import { watchGradients } from './watch-gradients';

/** What all ranks have to agree on while a run goes on; a callback of any rank may change it. */
export interface SteeredRun {
  stopReason: string | undefined;
  learningRateOverride: number | undefined;
  learningRateScale: number;
}

/** A weight as the ranks of a run know it. */
export interface RankedWeight extends NamedWeight {
  readonly trainable: boolean;
}

/** What a run is spread by. */
export interface RankedParts {
  readonly model: tfl.LayersModel;
  readonly weights: readonly RankedWeight[];
  /** The weights to train, in the optimizer's order. */
  readonly parameters: readonly RankedWeight[];
  /** Averages and the optimizer's state, which must be equal on all ranks too. */
  readonly slots: readonly tf.Variable[];
  /** True where gradients may leave while later ones are computed: one batch an update, in one piece. */
  readonly overlaps: boolean;
}

/** What gradients are rounded to on their way. */
const HALVES: Readonly<Record<ExchangeType, HalfPrecision | undefined>> = {
  float32: undefined,
  bfloat16,
  float16,
};

/** What a step makes of a batch. */
interface StepResult {
  readonly sums: tf.Tensor1D;
  readonly gradients: (tf.Tensor | undefined)[];
}

/**
 * The other ranks of a run, as step and loop know them: synchronous SGD, in which all ranks hold the same weights and each works on
 * its part of every batch.
 *
 * All ranks make the same calls in the same order. Sums are over all ranks and divided by the number of examples of the whole batch,
 * so that a smaller last batch, and a rank whose part of it is empty, count for what they are.
 */
export class RunRanks {
  private readonly controller = new AbortController();
  private readonly communicator: Communicator;
  private exchange: GradientExchange | undefined;
  private moved: MovedWeights | undefined;
  private syncBatchNorm: SyncBatchNorm | undefined;
  private parts: RankedParts | undefined;
  private ownExamples = 0;
  private ownLossIsFinite = true;
  /** False while this rank runs along without examples. */
  private counts = true;
  private waitedMs = 0;
  private epochStartMs = 0;

  /** @param ownSignal Asks this rank to stop; {@link signal} is aborted when all know. */
  constructor(
    private readonly options: ResolvedDistributedOptions,
    private readonly ownSignal: AbortSignal | undefined,
  ) {
    this.communicator = options.communicator;
  }

  get rank(): number {
    return this.communicator.rank;
  }
  get size(): number {
    return this.communicator.size;
  }
  /** Aborted on all ranks between the same two steps. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** This rank's part of each batch of `source`. */
  partOf(source: BatchSource): BatchSource {
    return partOfSource(source, this.rank, this.size);
  }

  /** Throws, on all ranks, unless all compute on one kind of engine: others round in other ways, and weights would drift apart. */
  async expectOneEngine(): Promise<void> {
    const names = await this.wait(this.communicator.gatherValues(engineName()));
    const other = names.findIndex((name) => name !== names[0]);
    if (other === -1) return;
    throw new ZooError(
      'communicator',
      `Expected one engine on all ranks but rank 0 computes on ${names[0]} and rank ${other} on ${names[other]}. ` +
        `Select one that all machines have, as \`selectEngine({ prefer: 'wasm' })\`.`,
    );
  }

  /** What rank 0 has, on all ranks. */
  fromFirst<Value>(value: Value): Promise<Value> {
    return this.wait(this.communicator.broadcastValue(value));
  }

  /**
   * Calls `prepare` on all ranks; where it throws on one, all throw, so that none waits for a rank that will not come.
   *
   * @param undo Takes back what `prepare` made, where another rank failed.
   */
  async together<Result>(
    prepare: () => Result | Promise<Result>,
    undo: (result: Result) => void = () => undefined,
  ): Promise<Result> {
    let result: { value: Result } | undefined;
    let own: unknown;
    try {
      result = { value: await prepare() };
    } catch (error) {
      own = error;
    }
    const problem = result === undefined ? messageOf(own) : undefined;
    const problems = await this.wait(this.communicator.gatherValues(problem));
    const first = problems.findIndex((text) => text !== undefined);
    if (first === -1 && result !== undefined) return result.value;
    if (result === undefined) throw own;
    undo(result.value);
    throw new ZooError('communicator', `Rank ${first} could not begin: ${problems[first]}`);
  }

  /** Gives all ranks the weights and state of rank 0; the run begins. */
  async begin(parts: RankedParts): Promise<void> {
    this.parts = parts;
    const all = [...parts.weights, ...parts.slots.map((variable) => ({ variable }))];
    const values = await valuesOf(all);
    await this.wait(this.communicator.broadcast(values));
    if (this.rank !== 0) assignValues(all, values);
    const half = HALVES[this.options.exchangeType];
    const sum = half && halfSum(this.communicator, half);
    this.exchange = createGradientExchange(this.communicator, parts.parameters, sum);
    if (this.options.syncBatchNorm) {
      this.syncBatchNorm = createSyncBatchNorm((values) => this.sumNow(values), parts.model);
    } else {
      const others = parts.weights.filter(({ trainable }) => !trainable);
      this.moved = await createMovedWeights(this.communicator, others);
    }
  }

  /**
   * Runs `step`, forward and backward, on this rank's part of a batch; of an empty part gradients and sums are none.
   *
   * With batch normalisation over all ranks a rank without examples runs along on a picture of zeros, which counts nothing: the
   * others wait for its part of every sum.
   */
  differentiate(batch: Batch, step: (batch: Batch) => StepResult): StepResult {
    const count = batch.images.shape[0];
    this.ownExamples += count;
    this.counts = count > 0;
    const result = this.counts ? this.synchronized(() => step(batch)) : this.withoutExamples(batch, step);
    // All ranks at the same place among their exchanges, those without examples too.
    if (this.leavesEarly) this.exchange!.flush();
    return result;
  }

  private withoutExamples(batch: Batch, step: (batch: Batch) => StepResult): StepResult {
    if (this.syncBatchNorm !== undefined) {
      const [images, labels] = [batch.images, batch.labels].map(({ shape }) =>
        tf.zeros([1, ...shape.slice(1)]),
      );
      const standIn = { images: images as tf.Tensor4D, labels: labels as tf.Tensor2D, sources: [] };
      const { sums, gradients } = this.synchronized(() => step(standIn));
      tf.dispose([sums, standIn.images, standIn.labels, ...gradients.filter((each) => each !== undefined)]);
    }
    return { sums: tf.zeros([2]), gradients: [] };
  }

  private synchronized(step: () => StepResult): StepResult {
    return this.syncBatchNorm === undefined ? step() : this.syncBatchNorm.run(this.counts, step);
  }

  private sumNow(values: Float64Array): void {
    const startMs = performance.now();
    this.communicator.allReduceNow(values);
    this.waitedMs += performance.now() - startMs;
  }

  /** True where gradients leave while the backward pass goes on: one batch an update, in one piece, on an engine that is read at once. */
  private get leavesEarly(): boolean {
    const { overlap, exchangeType } = this.options;
    return this.parts!.overlaps && overlap && exchangeType === 'float32' && isReadAtOnce();
  }

  /** To be called at the end of the forward pass, inside of what is differentiated: the gradients of `loss` then leave as they are made. */
  watch(loss: tf.Tensor, variables: readonly tf.Variable[]): void {
    if (!this.leavesEarly) return;
    const exchange = this.exchange!;
    watchGradients(loss, variables, (index, gradient, parts, isFresh) => {
      // The backward pass is one synchronous call: a promise would be heard at its end. Nothing is waited for: see isReadAtOnce.
      const values = this.counts ? valuesNow(gradient) : new Float32Array(gradient.size);
      const isWhole = this.counts && parts === 1 && isFresh && isReadByNoOther(gradient);
      if (isWhole && exchange.isAlone(index) && isSharedMemory(values))
        exchange.addInPlace(index, gradient, values);
      else exchange.add(index, values, parts);
    });
  }

  /**
   * The sums over all ranks of the gradients of this update, the caller's.
   *
   * @param gradients This rank's; not disposed.
   * @param examples Of all ranks in this update.
   */
  async sumGradients(
    gradients: readonly (tf.Tensor | undefined)[],
    examples: number,
  ): Promise<(tf.Tensor | undefined)[]> {
    const exchange = this.exchange!;
    // All are asked for at once, so that a card is waited for once.
    const [moved] = await Promise.all([
      this.moved?.read(),
      this.leavesEarly ? undefined : this.sendGradients(gradients),
    ]);
    const own = this.ownExamples / examples;
    this.ownExamples = 0;
    const finished = exchange.finish();
    // At the same time where that is in order: each wait by itself is one for the slowest rank.
    if (this.options.exchangeType !== 'float32') await this.wait(finished);
    const equalized = moved && this.moved!.equalize(moved, own);
    const [sums] = await this.wait(Promise.all([finished, equalized]));
    return sums;
  }

  private async sendGradients(gradients: readonly (tf.Tensor | undefined)[]): Promise<void> {
    const reads = gradients.map((gradient) => gradient?.data<'float32'>());
    // Buckets leave in their order, whichever is read first. One that can't be read ends the others' waiting too.
    await Promise.all(
      reads.map(async (read, index) => {
        const values = await read;
        if (values !== undefined) this.exchange!.add(index, values, 1);
      }),
    );
  }

  /** Sums over the examples of all ranks. */
  async sumMetrics({ examples, loss, correct }: MetricSums): Promise<MetricSums> {
    this.ownLossIsFinite = Number.isFinite(loss);
    const sums = Float64Array.of(examples, loss, correct);
    await this.wait(this.communicator.allReduce(sums));
    return { examples: sums[0]!, loss: sums[1]!, correct: sums[2]! };
  }

  /** The sum of a number over all ranks. */
  async sum(value: number): Promise<number> {
    const sums = Float64Array.of(value);
    await this.wait(this.communicator.allReduce(sums));
    return sums[0]!;
  }

  /** The error for a loss that is not finite, equal on all ranks: in the words of the first rank whose own loss it was. */
  async describeNotFinite(describe: () => Promise<ZooError>): Promise<ZooError> {
    const own = this.ownLossIsFinite ? undefined : messageOf(await describe());
    const texts = await this.wait(this.communicator.gatherValues(own));
    const rank = texts.findIndex((text) => text !== undefined);
    if (rank === -1) return describe();
    return new ZooError('not-finite', `On rank ${rank} of ${this.size}: ${texts[rank]}`);
  }

  /**
   * Brings together what callbacks and signals of single ranks have decided: a stop or an abort of any rank is one of all, and the
   * learning rate is rank 0's.
   */
  async agree(run: SteeredRun): Promise<void> {
    const never = Number.POSITIVE_INFINITY;
    const { rank } = this;
    const fromFirst = (value: number): number => (rank === 0 ? value : never);
    const { learningRateOverride: override } = run;
    const decisions = Float64Array.of(
      run.stopReason === undefined ? never : rank,
      this.ownSignal?.aborted === true ? rank : never,
      fromFirst(override === undefined ? 0 : 1),
      fromFirst(override ?? 0),
      fromFirst(run.learningRateScale),
    );
    await this.wait(this.communicator.allReduce(decisions, 'min'));
    const [stopped, aborted, hasOverride, value, scale] = decisions as unknown as [
      number,
      number,
      number,
      number,
      number,
    ];
    run.learningRateOverride = hasOverride === 1 ? value : undefined;
    run.learningRateScale = scale;
    if (stopped !== never) {
      run.stopReason = await this.wait(this.communicator.broadcastValue(run.stopReason, stopped));
    }
    if (aborted !== never) this.abort(aborted);
  }

  private abort(rank: number): void {
    this.controller.abort(
      this.ownSignal?.aborted === true
        ? this.ownSignal.reason
        : new ZooError(
            'interrupted',
            `Rank ${rank} of ${this.size} was asked to stop, and with it all ranks have.`,
          ),
    );
  }

  /** Marks the beginning of an epoch, for {@link workOfEpoch}. */
  beginEpoch(): void {
    this.epochStartMs = performance.now();
    this.waitedMs = 0;
  }

  /** What each rank has worked since the epoch's beginning: the time in which it did not wait for others. */
  workOfEpoch(): Promise<RankWork[]> {
    const { rank } = this;
    const workMs = performance.now() - this.epochStartMs - this.waitedMs;
    return this.wait(this.communicator.gatherValues({ rank, host: this.communicator.host, workMs }));
  }

  /** Throws on all ranks unless all hold the same weights: see {@link expectSameWeights}. */
  expectSameWeights(epoch: number): Promise<void> {
    return this.wait(expectSameWeights(this.communicator, this.parts!.weights, epoch));
  }

  private async wait<Result>(exchange: Promise<Result>): Promise<Result> {
    const startMs = performance.now();
    try {
      return await exchange;
    } finally {
      this.waitedMs += performance.now() - startMs;
    }
  }
}

/**
 * A tensor's values, to be read before the next operation: on wasm where they lie, else a copy.
 *
 * To copy all gradients at every step is work for the garbage collector, whose threads take the cores of the ranks beside.
 */
function valuesNow(tensor: tf.Tensor): Float32Array {
  return heapBackend()?.typedArrayFromHeap(tensor) ?? tensor.dataSync<'float32'>();
}

/** True if no other tensor has this one's values. */
function isReadByNoOther({ dataId }: tf.Tensor): boolean {
  return tf.backend().refCount(dataId) === 1;
}

/** True where values lie in this process' memory once an operation has returned, so that reading them waits for nothing. */
function isReadAtOnce(): boolean {
  return !['webgpu', 'webgl', 'tensorflow-gpu'].includes(engineName());
}

/** The name that `@zoo/engine` knows the current engine by. */
function engineName(): string {
  // tfjs-node calls its backend `tensorflow` on a graphics card, too.
  const { isUsingGpuDevice = false } = tf.backend() as { isUsingGpuDevice?: boolean };
  return isUsingGpuDevice ? 'tensorflow-gpu' : tf.getBackend();
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
