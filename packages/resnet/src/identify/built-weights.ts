import type * as tfl from '@tensorflow/tfjs-layers';
import { withAddWeight } from '@zoo/core';

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
 */
export function builtWeights(architecture: Architecture, options: ResNetOptions): BuiltWeight[] {
  const weights: BuiltWeight[] = [];
  const takeNote = () =>
    function (this: tfl.layers.Layer, name: string, shape: tfl.Shape, ...rest: unknown[]) {
      const trainable = rest[3] !== false;
      weights.push({ name: `${this.name}/${name}`, shape: shape as number[], trainable });
      return { shape, trainable } as unknown as tfl.LayerVariable;
    };
  withAddWeight(takeNote, () => buildResNet(architecture, options));
  return weights;
}
