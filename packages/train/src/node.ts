export * from './node/checkpoint';
export * from './node/csv-logger';
export * from './node/load-checkpoint';
export { readTrainingState, writeTrainingState } from './node/training-state-file';
