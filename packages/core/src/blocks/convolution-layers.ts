import { standardizedConvolution } from '../layers/standardized-convolution';

import type { BlockStyle } from './layers';

/** Convolutions with standardised kernels, epsilon 1e-8, as in BiT (Kolesnikov et al. 2020; timm's resnetv2.py). */
export const bitConvolution: NonNullable<BlockStyle['convolutionLayer']> = (args) =>
  standardizedConvolution({ ...args, kernelEpsilon: 1e-8 });
