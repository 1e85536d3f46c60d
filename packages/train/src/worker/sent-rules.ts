import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError, expectNumber, ZooError } from '@zoo/core';

import { lookahead, type Optimizer, type WeightDescription } from '../optimizers';
import { isOptimizerName, OPTIMIZERS } from '../optimizers/optimizers-by-name';
import type { OptimizerName } from '../optimizers/rule-options';
import type { Schedule } from '../schedules';
import { SAMPLED_STEPS } from '../training/run-settings';
import { runWeights } from '../training/run-weights';

/** An update rule as plain data. */
export interface SentOptimizer {
  readonly name: string;
  readonly settings: Optimizer['settings'];
  /** Undefined where it is a schedule, whose values come by themselves. */
  readonly learningRate: number | undefined;
  /** Weights that decay, by name; undefined for a rule without a filter. */
  readonly decayed: ReadonlySet<string> | undefined;
}

/** A schedule as its values; NaN where it throws. */
export interface SentSchedule {
  /** Of the steps from 0 on. */
  readonly values: Float64Array;
  /** Of the steps that a resumed run is compared at. */
  readonly sampled: ReadonlyMap<number, number>;
}

/**
 * Takes an update rule apart for another thread.
 *
 * @throws ArgumentError for a rule that is not of this package: its functions can't be sent.
 */
export function toSentOptimizer(model: tfl.LayersModel, optimizer: Optimizer): SentOptimizer {
  const { name, settings, learningRate, weightDecayFilter: decays } = optimizer;
  const sent = {
    name,
    settings,
    learningRate: typeof learningRate === 'number' ? learningRate : undefined,
    decayed:
      decays &&
      new Set(
        runWeights(model).flatMap(({ name: weight, variable: { shape } }) =>
          decays({ name: weight, shape }) ? [weight] : [],
        ),
      ),
  };
  const inner = name.replace(/^lookahead\((.*)\)$/, '$1');
  const again = isOptimizerName(inner) ? fromSentOptimizer(sent) : undefined;
  if (again !== undefined && JSON.stringify(again.settings) === JSON.stringify(settings)) return sent;
  throw new ArgumentError(
    'options.optimizer',
    'an update rule of @zoo/train, which another thread can make again,',
    name,
    'Return your own from the function that serveTraining is given, in the worker.',
  );
}

/** The rule again, with a learning rate of 0 where a schedule is to go before it. */
export function fromSentOptimizer({ name, settings, learningRate = 0, decayed }: SentOptimizer): Optimizer {
  const inner = /^lookahead\((.*)\)$/.exec(name)?.[1];
  if (inner !== undefined) {
    const { syncSteps, share, ...rest } = settings;
    const rule = fromSentOptimizer({ name: inner, settings: rest, learningRate, decayed });
    return lookahead(rule, { syncSteps, share } as { syncSteps: number; share: number });
  }
  // Adam has no weight decay, and so no filter to set.
  const filter = decayed !== undefined &&
    name !== 'adam' && { weightDecayFilter: (weight: WeightDescription) => decayed.has(weight.name) };
  return OPTIMIZERS[name as OptimizerName]({ ...settings, learningRate, ...filter });
}

/** The values of `schedule` up to `steps`, and where runs are compared. */
export function toSentSchedule(schedule: Schedule, steps: number): SentSchedule {
  return {
    values: Float64Array.from({ length: steps }, (_, step) => valueAt(schedule, step)),
    sampled: new Map(SAMPLED_STEPS.map((step) => [step, valueAt(schedule, step)])),
  };
}

/** The schedule again, where its values are known. */
export function fromSentSchedule({ values, sampled }: SentSchedule): Schedule {
  return (step) => {
    const value = values[step] ?? sampled.get(step) ?? NaN;
    if (!Number.isNaN(value)) return value;
    throw new ZooError(
      'invalid-argument',
      `Expected a learning rate at step ${step} but the schedule has none. Give a schedule with a rate for every update.`,
    );
  };
}

function valueAt(schedule: Schedule, step: number): number {
  try {
    return schedule(step);
  } catch {
    // A schedule may end where its run does.
    return NaN;
  }
}

/** What the learning rate of each weight is multiplied by, by name. */
export function toSentFactors(
  model: tfl.LayersModel,
  factorOf: (weight: WeightDescription) => number,
): ReadonlyMap<string, number> {
  return new Map(
    runWeights(model).map(({ name, variable: { shape } }) => [
      name,
      expectNumber(`options.learningRateFactors of '${name}'`, factorOf({ name, shape }), { minimum: 0 }),
    ]),
  );
}
