import * as tfl from '@tensorflow/tfjs-layers';

import { blurPooling } from '../layers/blur-pooling';

import { apply } from './layers';

/** How a network halves its feature maps without aliasing: strided convolutions become plain ones, and this follows their activation. */
export interface Antialiasing {
  /** What it is recorded by in a model's metadata. */
  readonly name: string;
  /** [batch, height, width, channels] to [batch, ceil(height / 2), ceil(width / 2), channels] */
  readonly halve: (input: tfl.SymbolicTensor, name: string) => tfl.SymbolicTensor;
  /** Replaces the stem's pool. */
  readonly stemPool: (input: tfl.SymbolicTensor) => tfl.SymbolicTensor;
}

/** Blurs by [1, 2, 1] each way (Zhang 2019): timm's `resnetblur50` and its like. */
export const blurred: Antialiasing = {
  name: 'blurred',
  halve: (input, name) => apply(blurPooling({ name }), input),
  stemPool: (input) => {
    const most = tfl.layers.maxPooling2d({ name: 'pool1_max', poolSize: 3, strides: 1, padding: 'same' });
    return apply(blurPooling({ name: 'pool1_pool' }), apply(most, input));
  },
};

/** Averages of two by two pixels: timm's `resnetaa50` and its like. Its stem takes averages instead of maxima. */
export const averaged: Antialiasing = {
  name: 'averaged',
  halve: (input, name) =>
    apply(tfl.layers.averagePooling2d({ name, poolSize: 2, strides: 2, padding: 'same' }), input),
  stemPool: (input) =>
    apply(tfl.layers.averagePooling2d({ name: 'pool1_pool', poolSize: 2, strides: 2 }), input),
};

/** All of them, for who reads a recorded name. */
export const ANTIALIASINGS: readonly Antialiasing[] = [blurred, averaged];
