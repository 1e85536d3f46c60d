export { checkpoint, type CheckpointOptions } from './node/checkpoint';
export * from './node/csv-logger';
export * from './node/load-checkpoint';
export { lockRun, type RunLock } from './node/run-lock';
export * from './node/progress-bar';
export * from './node/tensor-board/tensor-board';
export * from './node/write-comparison';
export * from './node/write-report';
export { comparisonSections, MAXIMUM_RUNS, type ComparedRun } from './report/render-comparison';
export { curvesSection, measuredSection, reportStyle } from './report/report-parts';
export type { PicturedPrediction } from './report/most-wrong-section';
export { readTrainingState, writeTrainingState } from './node/training-state-file';
export type { NamedEvaluation } from './report/evaluation-section';
export {
  loadLayersModel,
  saveKeras,
  saveKerasH5,
  saveKerasWeights,
  saveLayersModel,
  saveModelFile,
  saveOnnx,
  saveSafetensors,
} from '@zoo/weights/node';
export type {
  LoadLayersModelOptions,
  SaveKerasH5Options,
  SaveKerasOptions,
  SaveKerasWeightsOptions,
  SaveLayersModelOptions,
  SaveOptions,
  SaveSafetensorsOptions,
} from '@zoo/weights/node';
