import * as tf from '@tensorflow/tfjs-core';
import { ArgumentError, readOptions, type OptionsOf } from '@zoo/core/options';

import { updateElements, type ElementRule } from './elementwise';
import { add, mul, sub } from './formula';
import type { Optimizer, OptimizerState, Parameter } from './optimizer';
import { LOOKAHEAD_OPTIONS } from './rule-options';

/** Options of {@link lookahead}. */
export interface LookaheadOptions extends OptionsOf<typeof LOOKAHEAD_OPTIONS> {}

/**
 * Lookahead around another rule: after every `syncSteps` updates weights go back to a share of the way that they have come since the last
 * time. Zhang et al., "Lookahead Optimizer: k steps forward, 1 step back", algorithm 1; slow weights begin with the first weights, as in
 * the paper (timm's after `sync_lookahead()`).
 *
 * @example
 * const optimizer = lookahead(adamW({ learningRate: 1e-3 }));
 */
export function lookahead(inner: Optimizer, options: LookaheadOptions = {}): Optimizer {
  const { syncSteps, share } = readOptions(LOOKAHEAD_OPTIONS, options);
  if (inner.averagesWeights === true) {
    throw new ArgumentError('inner', 'a rule that keeps no average of its own', inner.name);
  }
  return {
    ...inner,
    name: `lookahead(${inner.name})`,
    settings: { ...inner.settings, syncSteps, share },
    init: (parameters) => lookaheadState(parameters, inner.init(parameters), { syncSteps, share }),
  };
}

function lookaheadState(
  parameters: readonly Parameter[],
  inner: OptimizerState,
  { syncSteps, share }: { syncSteps: number; share: number },
): OptimizerState {
  const lookBack: ElementRule = ({ weight, slots }) => {
    const moved = add(slots[0]!, mul(sub(weight, slots[0]!), share));
    return { weight: moved, slots: [moved] };
  };
  const slow = parameters.map(({ variable }) => tf.tidy(() => tf.variable(tf.mul(variable, 1), false)));
  return {
    slots: new Map([
      ...inner.slots,
      ...parameters.map(({ name }, index): [string, tf.Variable] => [`slow/${name}`, slow[index]!]),
    ]),
    update: (gradients, request) => {
      inner.update(gradients, request);
      if (request.step % syncSteps !== 0) return;
      const updated = parameters.flatMap(({ variable }, index) => {
        const gradient = gradients[index];
        return gradient === undefined ? [] : [{ variable, gradient, slots: [slow[index]!], weightDecay: 0 }];
      });
      if (updated.length > 0) updateElements(updated, request, lookBack);
    },
    dispose: () => {
      inner.dispose();
      tf.dispose(slow);
    },
  };
}
