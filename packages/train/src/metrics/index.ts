export * from './confusion-matrix';
export * from './evaluate';
export * from './evaluate-multi-label';
export * from './format-confusion-matrix';
export type { MonitorMode } from './monitor';
export * from './predict';
export type { Progress } from './scored-model';
