export * from './callbacks';
export type { GradientClipping } from './clip-gradients';
export * from './find-learning-rate';
export * from './fit';
export * from './history';
export { fromKerasOptimizer, toKerasOptimizer, type ToKerasOptimizerOptions } from './keras-optimizer';
export { logitsOf, type LogitsFunction } from './logits';
export type { ClassificationLossOptions } from './loss/classification-loss';
export * from './metrics';
export { namedWeights, type NamedWeight } from './named-weights';
export * from './optimizers';
export * from './schedules';
export type { NamedTensorValues, TensorValues } from './tensor-values';
export type { AverageWeightsOptions } from './weight-averages';
export type { CallbackState, OptimizerStart, TrainingState } from './training-state';
export { ResumeMismatchError, type RunSettings, type SettingDifference } from './training/run-settings';
export type { JsonValue } from '@zoo/core';
export {
  exportOnnx,
  loadKerasModel,
  loadKerasOptimizer,
  loadKerasWeights,
  loadSafetensors,
  loadTorchWeights,
  loadWeightsFile,
} from '@zoo/weights';
export type {
  KerasOptimizer,
  LoadKerasModelOptions,
  LoadKerasOptimizerOptions,
  LoadKerasWeightsOptions,
  LoadSafetensorsOptions,
  LoadTorchWeightsOptions,
  LoadWeightsFileOptions,
  WeightFile,
  WeightsReport,
} from '@zoo/weights';
