import type { OptionsOf, OptionTable } from '@zoo/core/options';

import { IMAGE_SIZE, SEED } from '../option-rows';

/** Options of `augmentationSheet`, as data. */
export const AUGMENTATION_SHEET_OPTIONS = {
  /** The page's heading. Default 'Augmentations'. */
  title: { type: 'text', default: 'Augmentations' },
  /** Size that pictures are brought to before they are changed, and that crops are made for. Default 160. */
  imageSize: { ...IMAGE_SIZE, default: [160, 160] },
  /** Times that each row is drawn, on the pictures in turn. Default 6. */
  draws: { type: 'integer', minimum: 1, maximum: 100, default: 6 },
  /** What the draws follow from. Default 0. */
  seed: SEED,
} as const satisfies OptionTable;

/** Options of `augmentationSheet`. */
export interface AugmentationSheetOptions extends OptionsOf<typeof AUGMENTATION_SHEET_OPTIONS> {}
