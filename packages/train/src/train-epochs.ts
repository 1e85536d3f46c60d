import { disposeBatch, ZooError, type Batch, type BatchSource } from '@zoo/core';

import type { Callback } from './callbacks/callback';
import { forEachCallback } from './callbacks/for-each-callback';
import type { EpochRecord, History, Metrics } from './history';
import { LATE_STEPS, LateMetrics, readsLate } from './late-metrics';
import type { LogitsFunction } from './logits';
import { measure, topKMetric } from './metrics/measure';
import { meansOf, type MetricSums } from './metrics/running-metrics';
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
    if (run.isResumed) await forEachCallback(callbacks, (callback) => callback.onResume?.(run));
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
  if (run.parts.onNotFinite === 'stop') await expectFiniteWeights(run);
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
  const measured = await run.withMeasuredWeights(() =>
    measure(logits, validation, { topK, signal, epoch: run.epoch }),
  );
  return {
    valLoss: measured.loss,
    valAccuracy: measured.accuracy,
    ...(topK === undefined ? {} : { [topKMetric(topK)]: measured.topKAccuracy }),
  };
}

async function trainBatches(run: ActiveRun, parts: TrainingLoopParts): Promise<void> {
  const gate = createUpdateGate(parts.signal);
  const late = new LateMetrics(run);
  let measured: Promise<MetricSums>[] = [];
  const update = async (): Promise<void> => {
    const { learningRate } = run;
    await parts.step.update({ learningRate, step: run.step + 1 });
    run.step += 1;
    run.parts.averages?.update(run.step);
    run.batch += measured.length;
    late.add({ step: run.step, learningRate, measured });
    measured = [];
    await late.tell(LATE_STEPS);
    await yieldToEventLoop();
  };
  try {
    for await (const batch of parts.source.batches({
      epoch: run.epoch,
      firstBatch: run.batch,
      signal: gate.signal,
    })) {
      gate.close();
      const sums = trainBatch(run, parts, batch, measured.length);
      measured.push(sums);
      // Where reading takes nothing, a loss that is not finite is met before it is in the weights.
      if (!readsLate()) await sums;
      if (measured.length < run.parts.accumulateSteps && run.batch + measured.length < run.batchesPerEpoch)
        continue;
      await update();
      if (parts.signal?.aborted === true) await late.tell(0);
      parts.signal?.throwIfAborted();
      if (run.stopReason !== undefined) return;
      gate.open();
    }
    // A source that promised more batches than it had.
    if (measured.length > 0) await update();
    await late.tell(0);
  } finally {
    gate.dispose();
    await late.end();
    await Promise.allSettled(measured);
  }
  if (run.sums.examples === 0) {
    throw new ZooError('invalid-argument', 'Expected batches from `options.train` but the epoch held none.');
  }
}

async function trainBatch(
  run: ActiveRun,
  parts: TrainingLoopParts,
  batch: Batch,
  pending: number,
): Promise<MetricSums> {
  const { epoch, learningRate } = run;
  const step = run.step + 1;
  try {
    parts.dropout.set(epoch, run.batch + pending);
    const sums = await parts.step.addBatch(batch);
    if (run.parts.onNotFinite === 'continue' || Number.isFinite(sums.loss)) return sums;
    throw await notFiniteLoss(run.model, batch, {
      loss: sums.loss / sums.examples,
      step,
      epoch,
      learningRate,
    });
  } finally {
    disposeBatch(batch);
  }
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
