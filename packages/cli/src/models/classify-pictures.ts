import * as tf from '@tensorflow/tfjs';
import { disposeBatch } from '@zoo/core';
import { imageBatches } from '@zoo/data/node';

import type { PictureReading } from './picture-reading';

/** A picture and what a model makes of it. */
export interface ClassifiedPicture {
  readonly path: string;
  /** [classes] */
  readonly probabilities: Float32Array;
}
