import type { OptionsOf, OptionTable } from '@zoo/core/options';
import { PROGRESS_STYLE } from '@zoo/train/options';

/** The port of a dashboard. */
export const DASHBOARD_PORT = { type: 'integer', minimum: 0, maximum: 65535, default: 8502 } as const;

/** Options for watching a run. They do not change the results, so a resumed run may have others. */
export const WATCH_OPTIONS = {
  /** `keras` shows progress as Keras 3 does. Default `zoo`. */
  progress: PROGRESS_STYLE,
  /** Writes scalars, histograms, pictures, the graph and the settings for TensorBoard, to `events` in the output folder. Default false. */
  tensorboard: { type: 'boolean', default: false },
  /** An http or https address that each epoch's figures are posted to, as JSON. */
  post: { type: 'text', expected: 'an http or https address' },
  /** Serves a page on this machine that shows the run as it goes on, beside the other runs of its folder, and can stop it. Default false. */
  dashboard: { type: 'boolean', default: false },
  /** The port of the dashboard; 0 takes any that is free. Default 8502. */
  dashboardPort: DASHBOARD_PORT,
} as const satisfies OptionTable;

/** {@link WATCH_OPTIONS}, as a caller gives them. */
export interface WatchOptions extends OptionsOf<typeof WATCH_OPTIONS> {}
