import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { memoize } from '@zoo/core';

import { invalidFile } from '../source/byte-source';

import type { ObjectSpec } from './parse-objects';

type Initializer = ReturnType<typeof tfl.initializers.zeros>;

/** Counts the weights that an architecture makes against those that its file holds. */
export class WeightBudget {
  private used = 0;

  constructor(
    private readonly fileName: string,
    private readonly elements: number,
  ) {}

  spend(elements: number): void {
    this.used += elements;
    // NaN and infinities are as impossible as too many.
    if (this.used <= this.elements) return;
    throw invalidFile(this.fileName, 'describes a model with more weights than it holds');
  }
}

/**
 * An initializer that makes zeros, to be replaced by a file's values, and calls itself what the architecture says.
 *
 * It makes building a model fast, and a model that its file can't fill impossible.
 */
export function storedInitializer(spec: ObjectSpec, budget: WeightBudget): Initializer {
  return new (storedInitializerClass())(spec, budget);
}

// The base class is not exported: an instance leads to it. Made at the first call, so that importing does nothing.
const storedInitializerClass = memoize(() => {
  const Base = Object.getPrototypeOf(tfl.initializers.zeros().constructor) as new () => Initializer;
  return class StoredInitializer extends Base {
    constructor(
      private readonly spec: ObjectSpec,
      private readonly budget: WeightBudget,
    ) {
      super();
    }

    override apply(shape: tfl.Shape, dtype?: tf.DataType): tf.Tensor {
      this.budget.spend(tf.util.sizeFromShape(shape as number[]));
      return tf.zeros(shape as number[], dtype);
    }

    override getClassName(): string {
      return this.spec.className;
    }

    override getConfig(): tf.serialization.ConfigDict {
      return { ...this.spec.config } as tf.serialization.ConfigDict;
    }
  };
});
