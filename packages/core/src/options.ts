// The building blocks of option tables, in the one entry of this package that does not load TensorFlow.js.
export * from './arguments';
export * from './average-probabilities';
export * from './errors';
export * from './option-rows';
export * from './option-table';
export * from './pixel-normalization';
export * from './preprocessing';
export * from './requests/download-options';
export * from './requests/request-limits';
