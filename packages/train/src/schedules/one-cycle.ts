import { expectInteger, readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import type { Schedule } from './schedule';

/** What `oneCycle` takes, as data. */
export const ONE_CYCLE_OPTIONS = {
  /** The highest learning rate. */
  peak: { type: 'number', minimum: 0, exclusiveMinimum: true, isRequired: true },
  /** Steps of the whole run. */
  totalSteps: { type: 'integer', minimum: 2, isRequired: true },
  /** Share of the steps in which the rate rises. Default 0.3. */
  riseShare: {
    type: 'number',
    minimum: 0,
    maximum: 1,
    exclusiveMinimum: true,
    exclusiveMaximum: true,
    default: 0.3,
  },
  /** The rate begins at the peak over this. Default 25. */
  initialDivisor: { type: 'number', minimum: 1, default: 25 },
  /** The rate ends at the first rate over this. Default 10000. */
  finalDivisor: { type: 'number', minimum: 1, default: 1e4 },
  /** How it goes from one rate to the next: along half a cosine or a straight line. Default `cosine`. */
  anneal: { type: 'choice', choices: ['cosine', 'linear'], default: 'cosine' },
  /** True to fall to the first rate in as many steps as it rose, and only then to the final one, as in the paper. Default false. */
  threePhases: { type: 'boolean', default: false },
} as const satisfies OptionTable;

/** Options of {@link oneCycle}. */
export interface OneCycleOptions extends OptionsOf<typeof ONE_CYCLE_OPTIONS> {}

/**
 * One rise to `peak` and one fall to nearly 0, like torch.optim.lr_scheduler.OneCycleLR without its cycled momentum. After the last step
 * the final rate stays.
 *
 * Smith and Topin, "Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates".
 */
export function oneCycle(options: OneCycleOptions): Schedule {
  const { peak, totalSteps, riseShare, initialDivisor, finalDivisor, anneal, threePhases } = readOptions(
    ONE_CYCLE_OPTIONS,
    options,
  );
  const initial = peak / initialDivisor;
  const final = initial / finalDivisor;
  const top = riseShare * totalSteps - 1;
  // The last step of each phase, and the rates at its two ends; the first phase begins at step 0.
  const phases = threePhases
    ? [
        { end: top, from: initial, to: peak },
        { end: 2 * top, from: peak, to: initial },
        { end: totalSteps - 1, from: initial, to: final },
      ]
    : [
        { end: top, from: initial, to: peak },
        { end: totalSteps - 1, from: peak, to: final },
      ];
  expectInteger('options.totalSteps', totalSteps, { minimum: Math.ceil(1 / riseShare) });
  return (step) => {
    const index = phases.findIndex(({ end }) => step <= end);
    if (index === -1) return final;
    const { end, from, to } = phases[index]!;
    const start = phases[index - 1]?.end ?? 0;
    const completed = end === start ? 1 : (step - start) / (end - start);
    return anneal === 'linear'
      ? from + (to - from) * completed
      : to + ((from - to) / 2) * (1 + Math.cos(Math.PI * completed));
  };
}
