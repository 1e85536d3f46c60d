import type { Optimizer, OptimizerState, Parameter } from './optimizer';

/** How the weights of a group are trained. */
export interface ParameterGroup {
  /** What the learning rate is multiplied by. */
  readonly learningRateFactor: number;
  /** Of an update's number that of the group, which has been frozen in some. */
  readonly stepOf: (step: number) => number;
}

/**
 * The state of one optimizer whose weights have learning rates and step counts of their own: PyTorch's parameter groups. Each group is
 * one call of the rule, fused where the rule is.
 *
 * @param groupOf The group of each parameter; parameters of the same object are updated together.
 */
export function groupedState(
  optimizer: Optimizer,
  parameters: readonly Parameter[],
  groupOf: (parameter: Parameter) => ParameterGroup,
): OptimizerState {
  const indices = new Map<ParameterGroup, number[]>();
  parameters.forEach((parameter, index) => {
    const group = groupOf(parameter);
    indices.set(group, [...(indices.get(group) ?? []), index]);
  });
  const groups = [...indices].map(([group, members]) => ({
    group,
    members,
    state: optimizer.init(members.map((index) => parameters[index]!)),
  }));
  return {
    slots: new Map(groups.flatMap(({ state }) => [...state.slots])),
    update: (gradients, { learningRate, step, gradientScale }) => {
      for (const { group, members, state } of groups) {
        const own = members.map((index) => gradients[index]);
        if (own.every((gradient) => gradient === undefined)) continue;
        state.update(own, {
          gradientScale,
          learningRate: learningRate * group.learningRateFactor,
          step: group.stepOf(step),
        });
      }
    },
    ...(optimizer.averagesWeights === true && {
      averageOf: (parameter: Parameter) => {
        const index = parameters.findIndex(({ name }) => name === parameter.name);
        return groups.find(({ members }) => members.includes(index))!.state.averageOf!(parameter);
      },
    }),
    dispose: () => groups.forEach(({ state }) => state.dispose()),
  };
}
