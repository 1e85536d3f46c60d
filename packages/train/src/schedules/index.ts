export * from './by-epoch';
export * from './cosine-decay';
export * from './decays';
export * from './keras-schedule';
export * from './linear-scaling';
export * from './linear-warmup';
export * from './schedule';
