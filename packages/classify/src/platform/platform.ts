import type * as tfl from '@tensorflow/tfjs-layers';
import type { RequestLimits } from '@zoo/core';
import type { DecodedImage } from '@zoo/data';
import type { WeightFile } from '@zoo/weights';

import type { Picture } from '../picture';

/** What differs between Node and browsers. */
export interface Platform {
  /** The picture's pixels. */
  decode(picture: Picture, signal: AbortSignal | undefined): Promise<DecodedImage>;
  /** The model in a folder or model.json at `place`, or undefined if there is none: then it may be a file of another kind. */
  openFolder(place: string, options: OpenOptions): Promise<tfl.LayersModel | undefined>;
  /** True if a text is the place of something, rather than the name of published weights. */
  isPlace(text: string): Promise<boolean>;
}

/** How to open a model. */
export interface OpenOptions {
  readonly signal?: AbortSignal;
  readonly requests?: RequestLimits;
  /** Called with the share of the model that has been read, from 0 to 1, as far as the format tells. */
  readonly onProgress?: (fraction: number) => void;
}

/** A file that holds a model. */
export type ModelFile = WeightFile;
