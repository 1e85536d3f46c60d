export { calibrate, type CalibrateOptions } from './calibrate';
export type { Calibration, ConfidenceBin } from './calibration';
export type { ClassAverages, ClassRates, ClassScores } from './class-scores';
export { MOST_TABLE_CLASSES, shownClasses, topConfusions, type Confusion } from './confusion-matrix';
export {
  evaluateEnsemble,
  predictEnsemble,
  type EnsembleEvaluation,
  type EnsembleMember,
  type EnsembleScores,
  type EvaluateEnsembleOptions,
  type PredictEnsembleOptions,
} from './ensemble';
export { evaluate, mostWrong, type EvaluateOptions, type Evaluation, type Prediction } from './evaluate';
export * from './evaluate-multi-label';
export type { TemperatureFit } from './fit-temperature';
export * from './format-confusion-matrix';
export type { MonitorMode } from './monitor';
export * from './predict';
export type { Ranking } from './rank-scores';
export type { Progress } from './scored-model';
