import { disposeBatch, ZooError, type Batch, type BatchSource } from '@zoo/core';

import type { Callback, StepRecord } from './callbacks/callback';
import type { EpochRecord, History, Metrics } from './history';
import type { LogitsFunction } from './logits';
import { measure, topKMetric } from './metrics/measure';
import { addSums, meansOf, NO_EXAMPLES } from './metrics/running-metrics';
import { expectFiniteWeights, notFiniteLoss } from './not-finite';
import type { DropoutSeeds } from './seed-dropout';
import type { ActiveRun } from './training-run';
import type { CallbackState } from './training-state';
import type { TrainingStep } from './training-step';
import { createUpdateGate } from './update-gate';
import { yieldToEventLoop } from './yield-to-event-loop';

/** What the loop works with beside the run itself. */
export interface TrainingLoopParts {
  step: TrainingStep;
  source: BatchSource;
  validation: BatchSource | undefined;
  topK: number | undefined;
  logits: LogitsFunction;
  signal: AbortSignal | undefined;
  dropout: DropoutSeeds;
  /** What happens at a loss or weight that is not finite. */
  onNotFinite: 'stop' | 'continue';
  /** Callback states to load, in a resumed run. */
  resumed: Readonly<Record<string, CallbackState>> | undefined;
}

/** Trains from wherever the run is to its end. */
export async function trainEpochs(run: ActiveRun, parts: TrainingLoopParts): Promise<History> {
  const { callbacks } = run.parts;
  try {
    await forEachCallback(callbacks, (callback) => callback.onTrainBegin?.(run));
    for (const callback of callbacks) {
      const state = parts.resumed?.[callback.name];
      if (state !== undefined) callback.loadState?.(state);
    }
    while (run.epoch < run.epochs && run.stopReason === undefined) {
      await trainEpoch(run, parts);
    }
    // The averages stay in the model, so its own weights are let go.
    run.parts.averages?.keepIn();
    const history: History = { epochs: [...run.history], stopReason: run.stopReason ?? 'finished' };
    await forEachCallback(callbacks, (callback) => callback.onTrainEnd?.(run, history));
    return history;
  } catch (error) {
    if (parts.signal?.aborted === true && error === parts.signal.reason) {
      await forEachCallback(callbacks, (callback) => callback.onAbort?.(run));
    }
    throw error;
  } finally {
    parts.dropout.restore();
    await settle(callbacks);
  }
}

async function trainEpoch(run: ActiveRun, parts: TrainingLoopParts): Promise<void> {
  const { callbacks } = run.parts;
  const startMs = performance.now();
  parts.signal?.throwIfAborted();
  await forEachCallback(callbacks, (callback) => callback.onEpochBegin?.(run));
  if (run.batch < run.batchesPerEpoch) await trainBatches(run, parts);
  parts.signal?.throwIfAborted();
  // Stopped in mid-epoch: there is no whole epoch to record.
  if (run.stopReason !== undefined) return;
  if (parts.onNotFinite === 'stop') await expectFiniteWeights(run);
  const { lastLearningRate: learningRate } = run;
  const record: EpochRecord = {
    epoch: run.epoch,
    step: run.step,
    metrics: {
      ...meansOf(run.sums),
      learningRate,
      ...(await validate(run, parts)),
    },
    durationMs: performance.now() - startMs,
  };
  run.history.push(record);
  await forEachCallback(callbacks, (callback) => callback.onEpochEnd?.(run, record));
  run.advance();
  await forEachCallback(callbacks, (callback) => callback.onEpochSettled?.(run, record));
}

async function validate(run: ActiveRun, parts: TrainingLoopParts): Promise<Metrics> {
  const { logits, validation, topK, signal } = parts;
  if (validation === undefined) return {};
  const measured = await run.withMeasuredWeights(() => measure(logits, validation, { topK, signal }));
  return {
    valLoss: measured.loss,
    valAccuracy: measured.accuracy,
    ...(topK === undefined ? {} : { [topKMetric(topK)]: measured.topKAccuracy }),
  };
}

async function trainBatches(run: ActiveRun, parts: TrainingLoopParts): Promise<void> {
  const gate = createUpdateGate(parts.signal);
  let pending = 0;
  let sums = NO_EXAMPLES;
  const update = async (): Promise<void> => {
    const { learningRate } = run;
    await parts.step.update({ learningRate, step: run.step + 1 });
    run.step += 1;
    run.parts.averages?.update(run.step);
    run.batch += pending;
    run.sums = addSums(run.sums, sums);
    const record = stepRecord(run, learningRate, sums);
    pending = 0;
    sums = NO_EXAMPLES;
    await forEachCallback(run.parts.callbacks, (callback) => callback.onStepEnd?.(run, record));
    await yieldToEventLoop();
  };
  try {
    for await (const batch of parts.source.batches({
      epoch: run.epoch,
      firstBatch: run.batch,
      signal: gate.signal,
    })) {
      gate.close();
      sums = addSums(sums, await trainBatch(run, parts, batch, pending));
      pending += 1;
      if (pending < run.settings.accumulateSteps && run.batch + pending < run.batchesPerEpoch) continue;
      await update();
      parts.signal?.throwIfAborted();
      if (run.stopReason !== undefined) return;
      gate.open();
    }
    // A source that promised more batches than it had.
    if (pending > 0) await update();
  } finally {
    gate.dispose();
  }
  if (run.sums.examples === 0) {
    throw new ZooError('invalid-argument', 'Expected batches from `options.train` but the epoch held none.');
  }
}

async function trainBatch(run: ActiveRun, parts: TrainingLoopParts, batch: Batch, pending: number) {
  try {
    parts.dropout.set(run.epoch, run.batch + pending);
    const sums = await parts.step.addBatch(batch);
    if (parts.onNotFinite === 'continue' || Number.isFinite(sums.loss)) return sums;
    throw await notFiniteLoss(run, batch, sums.loss / sums.examples);
  } finally {
    disposeBatch(batch);
  }
}

function stepRecord(run: ActiveRun, learningRate: number, sums: typeof run.sums): StepRecord {
  return {
    step: run.step,
    learningRate,
    ...meansOf(sums),
    examples: sums.examples,
    epochSoFar: { ...meansOf(run.sums), examples: run.sums.examples },
  };
}

/** Every callback is told, whatever the others do; the first error is the one that is heard. */
async function settle(callbacks: readonly Callback[]): Promise<void> {
  const errors: unknown[] = [];
  for (const callback of callbacks) {
    try {
      await callback.onSettled?.();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

async function forEachCallback(
  callbacks: readonly Callback[],
  call: (callback: Callback) => void | Promise<void>,
): Promise<void> {
  for (const callback of callbacks) await call(callback);
}
