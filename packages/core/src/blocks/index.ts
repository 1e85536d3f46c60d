export * from './block-layers';
export * from './block-style';
export * from './pre-activation-block';
export * from './residual-block';
export * from './shortcut';
export * from './squeeze-excitation';
export * from './stem-convolution';
export * from './stochastic-depth';
