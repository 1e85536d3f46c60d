export * from './index';
export { downloadVerified, type VerifiedDownloadOptions } from './node/download';
export { identifyWeights } from './node/identify-weights';
export { toHub, type ToHubOptions } from './node/to-hub';
