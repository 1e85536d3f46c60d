export * from './index';
export { downloadVerified } from './node/download';
export { identifyWeights } from './node/identify-weights';
