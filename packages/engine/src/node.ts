export * from './engines/tensorflow/node/build-tensorflow';
export * from './engines/tensorflow/node/remove-tensorflow-builds';
export type { TensorFlowBuild } from './engines/tensorflow/tensorflow-build';
