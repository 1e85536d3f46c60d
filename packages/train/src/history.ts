/** Metrics of an epoch by name: `loss`, `accuracy`, `learningRate` and, with validation, `valLoss` and `valAccuracy`. */
export type Metrics = Readonly<Record<string, number>>;

/** How long one of several ranks worked in an epoch. */
export interface RankWork {
  readonly rank: number;
  /** The name of its machine. */
  readonly host: string;
  /** Time in which it did not wait for other ranks. */
  readonly workMs: number;
}

/** Where the time of an epoch went. */
export interface EpochPhases {
  /** Steps, and the callbacks between them. */
  readonly trainMs: number;
  /** Waiting for batches that were not ready yet. */
  readonly dataMs: number;
  readonly validationMs: number;
}

/** One finished epoch. */
export interface EpochRecord {
  /** From 0. */
  readonly epoch: number;
  /** Updates made since training began. */
  readonly step: number;
  readonly metrics: Metrics;
  /** Time the epoch took, validation included; of the part after the resume in a resumed epoch. */
  readonly durationMs: number;
  /** What of it went where; absent from epochs of earlier versions. */
  readonly phases?: EpochPhases;
  /** What each rank has worked, in a run on several: the slowest one sets the pace. */
  readonly ranks?: readonly RankWork[];
}

/** What `fit` returns. */
export interface History {
  /** Every finished epoch, those before a resume included. */
  readonly epochs: readonly EpochRecord[];
  /** `finished` after the last epoch, or why a callback stopped training: `earlyStopping: valLoss ...`. */
  readonly stopReason: string;
}

/** The best epoch: the first with the highest validation accuracy or, without accuracies, with the lowest validation loss. */
export function bestEpoch(history: Pick<History, 'epochs'>): number | undefined {
  const accuracies = metricCurve(history, 'valAccuracy');
  const losses = metricCurve(history, 'valLoss').map(({ epoch, value }) => ({ epoch, value: -value }));
  const [first, ...others] = (accuracies.length > 0 ? accuracies : losses).filter(
    ({ value }) => !Number.isNaN(value),
  );
  return others.reduce((best, each) => (best && each.value > best.value ? each : best), first)?.epoch;
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
