export * from './confusion-matrix';
export * from './evaluate';
export * from './format-confusion-matrix';
export type { MonitorMode } from './monitor';
