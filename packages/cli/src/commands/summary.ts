import type { VariantName } from '@zoo/resnet';

import type { CommandIo } from '../command-io';
import type { ImageSizeOption } from '../option-values';

/** Options of `zoo summary`. */
export interface SummaryOptions {
  model: string;
  variant?: VariantName;
  classes?: number;
  imageSize?: ImageSizeOption;
  layers?: boolean;
  json?: boolean;
}

/** Shows what a model is made of. */
export function summarize(_options: SummaryOptions, _io: CommandIo): Promise<void> {
  return Promise.reject(new Error('to come'));
}
