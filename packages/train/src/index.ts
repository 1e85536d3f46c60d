export * from './callbacks';
export * from './find-learning-rate';
export { featureBatches, type FeatureBatchesOptions } from './feature-batches';
export * from './fit';
export type {
  AverageWeightsOptions,
  ClassificationLossOptions,
  DistillationOptions,
  FitOptions,
  GradientClipping,
} from './fit-options';
export * from './history';
export { fromKerasOptimizer, toKerasOptimizer, type ToKerasOptimizerOptions } from './keras-optimizer';
export { logitsOf, type LogitsFunction } from './logits';
export * from './metrics';
export * from './optimizers';
export { createProgressClock, type Position, type Progress, type ProgressClock } from './progress-clock';
export { largestBatchSize, type BatchSizeThatFits, type LargestBatchSizeOptions } from './largest-batch-size';
export { overfitOneBatch, type OverfitOneBatchOptions, type OverfitResult } from './overfit-one-batch';
export * from './schedules';
export { createTrainStep, type TrainStep, type TrainStepOptions, type TrainStepResult } from './train-step';
export type { HostTensors } from './host-tensors';
export type { DistributedOptions } from './distributed/distributed-options';
export type {
  CallbackState,
  RunSettings,
  SavedOptimizerState,
  TrainingState,
} from './training/training-state';
export type { FreezingPhase } from './training/freezing-plan';
export { layerDecay, type LayerDecayOptions } from './training/layer-decay';
export { reestimateBatchNorm, type ReestimateBatchNormOptions } from './training/reestimate-batch-norm';
export { ResumeMismatchError, type SettingDifference } from './training/run-settings';
export type { JsonValue } from '@zoo/core';
export {
  exportOnnx,
  loadKerasModel,
  loadKerasOptimizer,
  loadKerasWeights,
  loadSafetensors,
  loadTorchWeights,
  loadWeightsFile,
  modelWeights,
} from '@zoo/weights';
export type {
  HostTensor,
  KerasOptimizer,
  LoadKerasModelOptions,
  LoadKerasOptimizerOptions,
  LoadKerasWeightsOptions,
  LoadWeightsOptions,
  ModelWeight,
  WeightFile,
  WeightsReport,
} from '@zoo/weights';
