import * as tf from '@tensorflow/tfjs-core';
import { classifierHead, disposeBatch, ZooError, type Batch } from '@zoo/core';

import { forEachCallback, type Callback } from '../callbacks/callback';
import { expectOneClassEach } from '../expect-batch';
import type { EpochRecord, History, Metrics } from '../history';
import type { HostTensors } from '../host-tensors';
import { measure, topKMetric } from '../metrics/measure';
import { meansOf, type MetricSums } from '../metrics/running-metrics';

import { LATE_STEPS, LateMetrics, readsLate } from './late-metrics';
import { expectFiniteWeights, notFiniteLoss } from './not-finite';
import { reestimateBatchNorm } from './reestimate-batch-norm';
import type { ActiveRun } from './training-run';
import { createUpdateGate } from './update-gate';
import { yieldToEventLoop } from './yield-to-event-loop';

/** Trains from wherever the run is to its end. */
export async function trainEpochs(run: ActiveRun): Promise<History> {
  const { callbacks } = run.parts;
  try {
    await forEachCallback(callbacks, (callback) => callback.onTrainBegin?.(run));
    for (const callback of callbacks) {
      const state = run.resumedCallbacks[callback.name];
      if (state !== undefined) callback.loadState?.(state);
    }
    if (run.isResumed) await forEachCallback(callbacks, (callback) => callback.onResume?.(run));
    while (run.epoch < run.epochs && run.stopReason === undefined) {
      await trainEpoch(run);
    }
    // The averages stay in the model, so its own weights are freed.
    run.parts.averages?.keepIn();
    const history: History = { epochs: [...run.history], stopReason: run.stopReason ?? 'finished' };
    await forEachCallback(callbacks, (callback) => callback.onTrainEnd?.(run, history));
    return history;
  } catch (error) {
    if (run.parts.signal?.aborted === true && error === run.parts.signal.reason) {
      await forEachCallback(callbacks, (callback) => callback.onAbort?.(run));
    }
    throw error;
  } finally {
    await settle(callbacks);
  }
}

async function trainEpoch(run: ActiveRun): Promise<void> {
  const { callbacks } = run.parts;
  const { ranks } = run.parts;
  const startMs = performance.now();
  let dataMs = 0;
  ranks?.beginEpoch();
  run.parts.signal?.throwIfAborted();
  run.parts.freezing?.apply(run.epoch);
  await forEachCallback(callbacks, (callback) => callback.onEpochBegin?.(run));
  if (run.batch < run.batchesPerEpoch) await trainBatches(run, (waitedMs) => (dataMs += waitedMs));
  run.parts.signal?.throwIfAborted();
  // Stopped in mid-epoch: there is no whole epoch to record.
  if (run.stopReason !== undefined) return;
  if (run.parts.onNotFinite === 'stop') await expectFiniteWeights(run);
  await ranks?.expectSameWeights(run.epoch);
  await run.parts.averages?.endEpoch(run.epoch, () => reestimate(run));
  const { lastLearningRate: learningRate } = run;
  const trainedMs = performance.now();
  const validated = await validate(run);
  const validationMs = performance.now() - trainedMs;
  const durationMs = performance.now() - startMs;
  const record: EpochRecord = {
    epoch: run.epoch,
    step: run.step,
    metrics: {
      ...meansOf(run.sums),
      learningRate,
      ...validated,
    },
    durationMs,
    phases: { trainMs: durationMs - dataMs - validationMs, dataMs, validationMs },
    ...(ranks && { ranks: await ranks.workOfEpoch() }),
  };
  run.history.push(record);
  await forEachCallback(callbacks, (callback) => callback.onEpochEnd?.(run, record));
  await ranks?.agree(run);
  run.advance();
  await forEachCallback(callbacks, (callback) => callback.onEpochSettled?.(run, record));
}

/** The moving averages of the model's batch norms, of the weights that it has now; whole batches on every rank, so that all are equal. */
function reestimate(run: ActiveRun): Promise<void> {
  const { source, signal, batchNormBatches } = run.parts;
  return reestimateBatchNorm(run.model, source, {
    epoch: run.epoch,
    // Its own masks, independent of what ran before.
    onBatch: (batch) => run.dropout.set(run.epoch, run.batchesPerEpoch + batch),
    ...(batchNormBatches !== undefined && { batches: batchNormBatches }),
    ...(signal !== undefined && { signal }),
  });
}

async function validate(run: ActiveRun): Promise<Metrics> {
  const { logits, scoring, validation, topK, signal, ranks } = run.parts;
  const isDue = (run.epoch + 1) % run.parts.validationFrequency === 0 || run.epoch + 1 === run.epochs;
  if (validation === undefined || !isDue) return {};
  const measured = await run.withMeasuredWeights(() =>
    measure({ logits, scoring }, ranks?.partOf(validation) ?? validation, {
      ...{ topK, signal, epoch: run.epoch },
      ...(ranks && { sum: (value) => ranks.sum(value), onBatch: () => ranks.agree(run) }),
    }),
  );
  return {
    valLoss: measured.loss,
    valAccuracy: measured.accuracy,
    ...(topK === undefined ? {} : { [topKMetric(topK)]: measured.topKAccuracy }),
  };
}

async function trainBatches(run: ActiveRun, onWait: (waitedMs: number) => void): Promise<void> {
  const { ranks, source } = run.parts;
  const gate = createUpdateGate(run.parts.signal);
  const late = new LateMetrics(run);
  const readers = run.parts.callbacks.filter((callback) => callback.onGradients !== undefined);
  const onGradients =
    readers.length === 0
      ? undefined
      : (read: () => Promise<HostTensors>) =>
          forEachCallback(readers, (callback) => callback.onGradients?.(run, read));
  let measured: Promise<MetricSums>[] = [];
  const update = async (): Promise<void> => {
    const { learningRate } = run;
    await run.trainingStep.update({ learningRate, step: run.step + 1, onGradients });
    run.step += 1;
    run.parts.averages?.update(run.step);
    run.batch += measured.length;
    late.add({ step: run.step, learningRate, measured });
    measured = [];
    await late.tell(LATE_STEPS);
    await yieldToEventLoop();
  };
  try {
    const batches = (ranks?.partOf(source) ?? source).batches({
      epoch: run.epoch,
      firstBatch: run.batch,
      signal: gate.signal,
    });
    for await (const batch of timed(batches, onWait)) {
      gate.close();
      const sums = trainBatch(run, batch, measured.length);
      measured.push(sums);
      // Where reading costs nothing, a non-finite loss is noticed before it reaches the weights. Ranks exchange in one order.
      if (!readsLate() || ranks !== undefined) await sums;
      if (measured.length < run.parts.accumulateSteps && run.batch + measured.length < run.batchesPerEpoch)
        continue;
      await update();
      await ranks?.agree(run);
      if (run.parts.signal?.aborted === true) await late.tell(0);
      run.parts.signal?.throwIfAborted();
      if (run.stopReason !== undefined) return;
      gate.open();
    }
    // The source promised more batches than it has.
    if (measured.length > 0) await update();
    await late.tell(0);
  } finally {
    gate.dispose();
    await late.end();
    await Promise.allSettled(measured);
  }
  if (run.sums.examples === 0) {
    throw new ZooError(
      'invalid-argument',
      'Expected batches from `options.train` but the epoch held none. Give it more examples, or a smaller batchSize.',
    );
  }
}

/** The same batches, with the time that each was waited for. */
async function* timed(
  batches: AsyncIterable<Batch>,
  onWait: (waitedMs: number) => void,
): AsyncGenerator<Batch> {
  let sinceMs = performance.now();
  for await (const batch of batches) {
    onWait(performance.now() - sinceMs);
    yield batch;
    sinceMs = performance.now();
  }
}

async function trainBatch(run: ActiveRun, batch: Batch, pending: number): Promise<MetricSums> {
  const step = run.step + 1;
  try {
    // A schedule may throw.
    const { epoch, learningRate } = run;
    // Other examples on each rank, other masks.
    const { ranks } = run.parts;
    run.dropout.set(epoch, run.batch + pending, ...(ranks === undefined ? [] : [ranks.rank]));
    // Read before the step, which gives the labels to the engine.
    const isFirst = step === run.parts.initialStep + 1 && pending === 0;
    const labelled = isFirst || isInMemory(batch.labels) ? expectLabelled(run, batch) : undefined;
    labelled?.catch(() => undefined);
    const sums = await run.trainingStep.addBatch(batch);
    await labelled;
    if (run.parts.onNotFinite === 'continue' || Number.isFinite(sums.loss)) return sums;
    const describe = (): Promise<ZooError> =>
      notFiniteLoss(run.model, batch, { loss: sums.loss / sums.examples, step, epoch, learningRate });
    throw await (ranks?.describeNotFinite(describe) ?? describe());
  } finally {
    disposeBatch(batch);
  }
}

/** True where reading values costs no card's time: on webgpu of those that the card has not been given yet, elsewhere of all. */
function isInMemory({ dataId }: tf.Tensor): boolean {
  if (!readsLate()) return true;
  const { tensorMap } = tf.backend() as unknown as {
    tensorMap: { get(dataId: object): { values?: unknown } | undefined };
  };
  return tensorMap.get(dataId)?.values != null;
}

/** Labels of each batch where they are in memory; of those on a card the first batch's, which shows labels out of range as a rule. */
async function expectLabelled(run: ActiveRun, { labels, sources }: Batch): Promise<void> {
  // What a teacher answers is learned without labels, too.
  if (classifierHead(run.model).kind === 'multiLabel' || run.parts.distillation !== undefined) return;
  const values = await labels.data<'float32'>();
  expectOneClassEach({ labels: values, classes: labels.shape[1], sources }, 'options.train');
}

/** Every callback is called, whatever the others do; the first error is thrown. */
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
