import type * as tfl from '@tensorflow/tfjs-layers';

import type { Architecture } from '../builder/architecture';
import type { ResNetOptions } from '../builder/options';

import type { ComputingOptions } from './settle-options';

/**
 * All networks, as what identifies and loads files asks for them.
 *
 * It is handed to them, and they import no network: a bundler puts what a page may fetch and what it uses together, so a page that builds one
 * network would load all of them.
 */
export interface Family {
  readonly build: (name: string, options: ResNetOptions) => tfl.LayersModel;
  /** Those of one depth each that have a builder of their own. */
  readonly named: () => Architecture[];
  /** timm's, and those for CIFAR that come in one form, by name. */
  readonly rows: () => Readonly<Record<string, Omit<Architecture, 'name'>>>;
  readonly cifar: (depth: number) => Architecture;
  readonly preActivationCifar: (depth: number) => Architecture;
  /** Options that this package recorded, as the builders take them; names that it does not know are left out. */
  readonly recordedPieces: (recorded: Readonly<Record<string, unknown>>) => ComputingOptions;
}
