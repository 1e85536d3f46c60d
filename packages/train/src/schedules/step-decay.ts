import {
  ArgumentError,
  expectInteger,
  readOptions,
  type OptionsOf,
  type OptionTable,
  type RequiredAnyRow,
} from '@zoo/core/options';

import type { Schedule } from './schedule';

const SHARED = {
  /** The learning rate at step 0. */
  initial: { type: 'number', minimum: 0, isRequired: true },
  /** What the rate is multiplied by each time. Default 0.1. */
  factor: { type: 'number', minimum: 0, default: 0.1 },
} as const;

/** What `stepDecay` takes, as data. */
export const STEP_DECAY_OPTIONS = {
  ...SHARED,
  /** Steps between two drops. */
  dropSteps: { type: 'integer', minimum: 1, isRequired: true },
} as const satisfies OptionTable;

/** Options of {@link stepDecay}. */
export interface StepDecayOptions extends OptionsOf<typeof STEP_DECAY_OPTIONS> {}

/** `initial * factor ** floor(step / dropSteps)`; as torch.optim.lr_scheduler.StepLR. */
export function stepDecay(options: StepDecayOptions): Schedule {
  const { initial, factor, dropSteps } = readOptions(STEP_DECAY_OPTIONS, options);
  return (step) => initial * factor ** Math.floor(step / dropSteps);
}

/** What `multiStepDecay` takes, as data. */
export const MULTI_STEP_DECAY_OPTIONS = {
  ...SHARED,
  /** Steps at which the rate drops, in rising order. */
  milestones: {
    type: 'any',
    isRequired: true,
    expected: 'steps in rising order',
    check: (argument, value) => {
      if (!Array.isArray(value)) throw new ArgumentError(argument, 'an array of steps', value);
      (value as unknown[]).forEach((step, index) => {
        const minimum = index === 0 ? 1 : (value[index - 1] as number) + 1;
        expectInteger(`${argument}[${index}]`, step, { minimum });
      });
      return value as readonly number[];
    },
  } as RequiredAnyRow<readonly number[]>,
} as const satisfies OptionTable;

/** Options of {@link multiStepDecay}. */
export interface MultiStepDecayOptions extends OptionsOf<typeof MULTI_STEP_DECAY_OPTIONS> {}

/**
 * `initial`, multiplied by `factor` from each milestone on; as torch.optim.lr_scheduler.MultiStepLR: He et al. 2016, section 3.4 and 4.2.
 *
 * @example
 * const schedule = multiStepDecay({ initial: 0.1, milestones: [30, 60, 80].map((epoch) => epoch * train.batchesPerEpoch) });
 */
export function multiStepDecay(options: MultiStepDecayOptions): Schedule {
  const { initial, factor, milestones } = readOptions(MULTI_STEP_DECAY_OPTIONS, options);
  return (step) => initial * factor ** milestones.filter((milestone) => milestone <= step).length;
}
