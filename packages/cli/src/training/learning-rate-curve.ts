import type { CurvePoint } from '../output/curve';

import type { TrainSettings } from './train-options';
import { createSchedule, updatesOf } from './update-rule';

/** Points of the curve, at most. */
const POINTS = 400;

/** What the axes of {@link learningRateCurve} are called. */
export const CURVE_LABELS = { x: 'epoch', y: 'learning rate' } as const;

/** The number of a run's updates, and the learning rate by the epoch: of each update, or of evenly spaced ones where there are many. */
export function learningRateCurve(
  settings: TrainSettings,
  batchesPerEpoch: number,
): { steps: number; points: CurvePoint[] } {
  const updatesPerEpoch = updatesOf(settings, batchesPerEpoch);
  const steps = settings.epochs * updatesPerEpoch;
  const schedule = createSchedule(settings, batchesPerEpoch);
  const count = Math.min(steps, POINTS);
  const points = Array.from({ length: count }, (_, at) => {
    const step = count === 1 ? 0 : Math.round((at * (steps - 1)) / (count - 1));
    return { x: step / updatesPerEpoch, y: schedule(step) };
  });
  return { steps, points };
}
