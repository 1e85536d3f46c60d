import * as tfl from '@tensorflow/tfjs-layers';

import type { Architecture } from '../builder/architecture';
import { buildResNet } from '../builder/build-resnet';
import type { ResNetOptions } from '../builder/options';

/** A weight that a network would have: `<layer>/<weight>`, its shape, and whether training changes it. */
export interface BuiltWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly trainable: boolean;
}

/**
 * Names and shapes of all weights that the builder makes of an architecture, without making any: no tensor is allocated, so that networks
 * of a billion parameters can be counted.
 *
 * Layers ask for their weights by `addWeight` of their base class; while the network is built, which is one synchronous call, that
 * only takes notes.
 */
export function builtWeights(architecture: Architecture, options: ResNetOptions): BuiltWeight[] {
  const weights: BuiltWeight[] = [];
  const prototype = tfl.layers.Layer.prototype;
  const own = Object.getOwnPropertyDescriptor(prototype, 'addWeight')!;
  const note = function (this: tfl.layers.Layer, name: string, shape: tfl.Shape, ...rest: unknown[]): object {
    const trainable = rest[3] !== false;
    weights.push({ name: `${this.name}/${name}`, shape: shape as number[], trainable });
    return { shape, trainable };
  };
  Object.defineProperty(prototype, 'addWeight', { ...own, value: note });
  try {
    buildResNet(architecture, options);
  } finally {
    Object.defineProperty(prototype, 'addWeight', own);
  }
  return weights;
}
