import { expectNumber } from '@zoo/core';

import type { EpochRecord } from '../history';
import type { Optimizer, OptimizerState, WeightDescription } from '../optimizers';
import { groupedState, type ParameterGroup } from '../optimizers/grouped-state';

import { phasesOf, stepsTrained, type FreezingPlan } from './freezing-plan';
import type { RunWeight } from './run-weights';

/** What the learning rate of each parameter is multiplied by. */
export function factorsOf(
  parameters: readonly RunWeight[],
  factorOf: (weight: WeightDescription) => number,
): readonly number[] {
  return parameters.map(({ name, variable: { shape } }) =>
    expectNumber(`options.learningRateFactors of '${name}'`, factorOf({ name, shape }), { minimum: 0 }),
  );
}

interface Grouping {
  readonly rateFactors: readonly number[] | undefined;
  readonly freezing: FreezingPlan | undefined;
  readonly history: readonly EpochRecord[];
}

/** The optimizer's state, in groups where weights differ in their learning rates or in when they are trained. */
export function createOptimizerState(
  optimizer: Optimizer,
  parameters: readonly RunWeight[],
  { rateFactors, freezing, history }: Grouping,
): OptimizerState {
  if (rateFactors === undefined && freezing === undefined) return optimizer.init(parameters);
  const groups = new Map<string, ParameterGroup>();
  return groupedState(optimizer, parameters, (parameter) => {
    const factor = rateFactors?.[parameters.findIndex(({ name }) => name === parameter.name)] ?? 1;
    const phases = phasesOf(freezing, parameter.name);
    const key = `${factor} ${phases.join()}`;
    const group = groups.get(key) ?? {
      learningRateFactor: factor,
      stepOf: (step) => (freezing === undefined ? step : stepsTrained(freezing, phases, step, history)),
    };
    groups.set(key, group);
    return group;
  });
}
