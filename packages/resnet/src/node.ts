export * from './index';
export { identifyWeights } from './node/identify-weights';
export { toHub, type ToHubOptions } from './node/to-hub';
