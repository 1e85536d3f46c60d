export * from './by-epoch';
export * from './cosine-decay';
export {
  exponentialDecay,
  inverseTimeDecay,
  piecewiseConstant,
  polynomialDecay,
  type DecayOptions,
  type PiecewiseConstantOptions,
  type PolynomialDecayOptions,
} from './decays';
export * from './keras-schedule';
export * from './linear-scaling';
export * from './linear-warmup';
export { oneCycle, type OneCycleOptions } from './one-cycle';
export * from './schedule';
export { multiStepDecay, stepDecay, type MultiStepDecayOptions, type StepDecayOptions } from './step-decay';
export { withRestarts, type WithRestartsOptions } from './with-restarts';
