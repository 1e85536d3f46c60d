import { adagrad } from './adagrad';
import { adam, adamW } from './adam-w';
import { kerasSgd } from './keras-sgd';
import { lamb } from './lamb';
import { lars } from './lars';
import { lion } from './lion';
import { muon } from './muon';
import { nadam } from './nadam';
import type { Optimizer } from './optimizer';
import { rmsProp } from './rms-prop';
import type { OptimizerName } from './rule-options';
import { scheduleFreeAdamW } from './schedule-free-adam-w';
import { sgd } from './sgd';

/**
 * The builder of every rule by its name, for programs that read one: each checks the options that it is given. What they are is in
 * `OPTIMIZER_OPTIONS` of `@zoo/train/options`.
 *
 * @example
 * const optimizer = OPTIMIZERS[name]({ learningRate: 0.1 });
 */
export const OPTIMIZERS: Readonly<Record<OptimizerName, (options: object) => Optimizer>> = {
  sgd,
  kerasSgd,
  adam,
  adamW,
  rmsProp,
  nadam,
  adagrad,
  lamb,
  lars,
  lion,
  muon,
  scheduleFreeAdamW,
};

/** True for the name of a rule. */
export const isOptimizerName = (name: string): name is OptimizerName => Object.hasOwn(OPTIMIZERS, name);
