import type { Callback, EpochRecord, TrainingRun } from '../../src';

/** The part of a run that epoch callbacks look at, and what they did to it. */
export interface FakeRun extends TrainingRun {
  stopReason: string | undefined;
}

/** A run without a model, for callbacks that need none. */
export function fakeRun(metricNames: readonly string[], learningRate = 0.1): FakeRun {
  const run = {
    metricNames,
    history: [] as EpochRecord[],
    epochs: 10,
    epoch: 0,
    batch: 0,
    batchesPerEpoch: 4,
    step: 0,
    learningRateOverride: undefined as number | undefined,
    learningRateScale: 1,
    stopReason: undefined as string | undefined,
    stop: (reason: string) => {
      run.stopReason ??= reason;
    },
    get learningRate() {
      return (run.learningRateOverride ?? learningRate) * run.learningRateScale;
    },
  };
  return run as unknown as FakeRun;
}

/** Tells `callback` of one epoch a value of `metric`, until it stops the run; returns the learning rate after each. */
export async function feed(
  callback: Callback,
  run: FakeRun,
  metric: string,
  values: readonly number[],
): Promise<number[]> {
  const rates: number[] = [];
  for (const [index, value] of values.entries()) {
    const epoch = run.history.length + index;
    if (run.stopReason !== undefined) break;
    await callback.onEpochEnd?.(run, { epoch, step: epoch, metrics: { [metric]: value }, durationMs: 1 });
    rates.push(run.learningRate);
  }
  return rates;
}
