import { DOWNLOAD_OPTIONS, type OptionsOf, type OptionTable } from '@zoo/core/options';

export const LOADING_OPTIONS = {
  ...DOWNLOAD_OPTIONS,
  /**
   * In Node, where downloads are kept. Default `cacheDirectory()` of `@zoo/core`. Browsers keep them in Cache Storage.
   * Of the Hugging Face Hub's files: a folder as Python's `$HF_HUB_CACHE`, the default.
   */
  cacheDirectory: { type: 'text', expected: 'the path of a folder' },
  /** In Node, where Keras keeps its own; read first, never written. Default `$KERAS_HOME/models`, or `~/.keras/models`. */
  kerasDirectory: { type: 'text', expected: 'the path of a folder' },
} as const satisfies OptionTable;

/** Where published files are downloaded from and stored. */
export interface LoadingOptions extends OptionsOf<typeof LOADING_OPTIONS> {}
