import { expectNumber } from '@zoo/core';

import type { Optimizer, OptimizerState, WeightDescription } from '../optimizers';
import { groupedState, type ParameterGroup } from '../optimizers/grouped-state';

import { phasesOf, stepsTrained, type FreezingPlan, type RunProgress } from './freezing-plan';
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

interface Grouping extends RunProgress {
  readonly rateFactors: readonly number[] | undefined;
  readonly freezing: FreezingPlan | undefined;
}

/** The optimizer's state, in groups where weights differ in their learning rates or in when they are trained. */
export function createOptimizerState(
  optimizer: Optimizer,
  parameters: readonly RunWeight[],
  { rateFactors, freezing, history, begin }: Grouping,
): OptimizerState {
  if (rateFactors === undefined && freezing === undefined && begin.step === 0)
    return optimizer.init(parameters);
  const groups = new Map<string, ParameterGroup>();
  return groupedState(optimizer, parameters, (parameter) => {
    const factor = rateFactors?.[parameters.findIndex(({ name }) => name === parameter.name)] ?? 1;
    const phases = phasesOf(freezing, parameter.name);
    const key = `${factor} ${phases.join()}`;
    const group = groups.get(key) ?? {
      learningRateFactor: factor,
      stepOf: (step) =>
        freezing === undefined ? step - begin.step : stepsTrained(freezing, phases, step, { history, begin }),
    };
    groups.set(key, group);
    return group;
  });
}
