export * from './confusion-matrix';
export * from './evaluate';
export * from './format-confusion-matrix';
export * from './format-predictions';
export type { MonitorMode } from './monitor';
export * from './most-wrong';
