export type * from './callback';
export * from './early-stopping';
export * from './learning-rate-schedule';
export * from './reduce-learning-rate-on-plateau';
export * from './remote-monitor';
