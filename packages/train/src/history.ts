/** Metrics of an epoch by name: `loss`, `accuracy`, `learningRate` and, with validation, `valLoss` and `valAccuracy`. */
export type Metrics = Readonly<Record<string, number>>;

/** One finished epoch. */
export interface EpochRecord {
  /** From 0. */
  readonly epoch: number;
  /** Updates made since training began. */
  readonly step: number;
  readonly metrics: Metrics;
  /** Time the epoch took, validation included; of the part after the resume in a resumed epoch. */
  readonly durationMs: number;
}

/** What `fit` returns. */
export interface History {
  /** Every finished epoch, those before a resume included. */
  readonly epochs: readonly EpochRecord[];
  /** `finished` after the last epoch, or why a callback stopped training: `earlyStopping: valLoss ...`. */
  readonly stopReason: string;
}

/** One metric over all epochs that have it, for curves. */
export function metricCurve(
  history: Pick<History, 'epochs'>,
  metric: string,
): { epoch: number; value: number }[] {
  return history.epochs.flatMap(({ epoch, metrics }) =>
    Object.hasOwn(metrics, metric) ? [{ epoch, value: metrics[metric]! }] : [],
  );
}
