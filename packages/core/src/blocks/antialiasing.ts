import * as tfl from '@tensorflow/tfjs-layers';

import { blurPooling } from '../layers/blur-pooling';

import { apply, type Antialiasing } from './layers';

/** Blurs by [1, 2, 1] in both directions (Zhang 2019): timm's `resnetblur50` and similar networks. */
export const blurred: Antialiasing = {
  name: 'blurred',
  halve: (input, name) => apply(blurPooling({ name }), input),
  stemPool: (input) => {
    const most = tfl.layers.maxPooling2d({ name: 'pool1_max', poolSize: 3, strides: 1, padding: 'same' });
    return apply(blurPooling({ name: 'pool1_pool' }), apply(most, input));
  },
};

/** Averages two by two pixels: timm's `resnetaa50` and similar networks. The stem takes averages instead of maxima. */
export const averaged: Antialiasing = {
  name: 'averaged',
  halve: (input, name) =>
    apply(tfl.layers.averagePooling2d({ name, poolSize: 2, strides: 2, padding: 'same' }), input),
  stemPool: (input) =>
    apply(tfl.layers.averagePooling2d({ name: 'pool1_pool', poolSize: 2, strides: 2 }), input),
};

/** All antialiasings by name, for code that reads a recorded name. */
export const ANTIALIASINGS: readonly Antialiasing[] = [blurred, averaged];
