import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { memoize } from '@zoo/core';

import type { ObjectSpec } from './parse-objects';

type Initializer = ReturnType<typeof tfl.initializers.zeros>;

/** An initializer that makes zeros, to be replaced by a file's values, and calls itself what the architecture says. */
export function storedInitializer(spec: ObjectSpec): Initializer {
  return new (storedInitializerClass())(spec);
}

// The base class is not exported: an instance leads to it. Made at the first call, so that importing does nothing.
const storedInitializerClass = memoize(() => {
  const Base = Object.getPrototypeOf(tfl.initializers.zeros().constructor) as new () => Initializer;
  return class StoredInitializer extends Base {
    constructor(private readonly spec: ObjectSpec) {
      super();
    }

    override apply(shape: tfl.Shape, dtype?: tf.DataType): tf.Tensor {
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
