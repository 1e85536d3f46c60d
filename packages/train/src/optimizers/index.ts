export * from './adam-w';
export type * from './optimizer';
export * from './sgd';
export * from './weight-decay';
