export * from './arguments';
export * from './batch';
export * from './errors';
export * from './fused-kernels';
export * from './pixel-normalization';
export * from './random';
