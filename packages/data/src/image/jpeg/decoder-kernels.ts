import { memoize } from '@zoo/core';

import { programKernels } from '../picture-program';

import { DECODER_KERNELS } from './generated/decoder-kernels';

/** The kernels that decode a JPEG and do nothing else: a page that only names a picture fetches none of the others. */
export const decoderKernels = memoize(() => programKernels(DECODER_KERNELS));
