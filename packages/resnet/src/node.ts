export * from './index';
export { downloadVerified, type DownloadOptions, type DownloadProgress } from './node/download';
export { identifyWeights, pretrained, pretrainedEntry, type PretrainedOptions } from './node/pretrained';
