import type { OptionsOf, OptionTable } from '@zoo/core/options';
import { NODE_IMAGE_BATCHES_OPTIONS } from '@zoo/data/options';

/** How a run loads its pictures. It does not change the results, so a resumed run may load them in another way. */
export const LOADING_OPTIONS = {
  /** Threads that make pictures while the run trains. Default 0: the main thread. */
  workers: NODE_IMAGE_BATCHES_OPTIONS.workers,
  /** Where decoded pictures are kept; a set that is in memory is not kept on the disk. Default `memory`. */
  cache: { ...NODE_IMAGE_BATCHES_OPTIONS.cache, default: 'memory' },
  /** The folder for `cache: 'disk'`. Default `pictures` in the zoo's folder for caches. */
  cacheDirectory: NODE_IMAGE_BATCHES_OPTIONS.cacheDirectory,
} as const satisfies OptionTable;

/** {@link LOADING_OPTIONS}, as a caller gives them. */
export interface LoadingOptions extends OptionsOf<typeof LOADING_OPTIONS> {}
