import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { memoize } from '@zoo/core';

import { invalidFile } from '../source/byte-source';

import type { ObjectSpec } from './parse-objects';

type Initializer = ReturnType<typeof tfl.initializers.zeros>;

/** Counts the weights that an architecture makes against those that its file holds, or that its caller allows. */
export class WeightBudget {
  private used = 0;

  constructor(
    private readonly fileName: string,
    private readonly elements: number,
    /** What is wrong with more, and what to do. */
    private readonly refusal: readonly [problem: string, nextStep?: string] = [
      'describes a model with more weights than it holds',
    ],
  ) {}

  spend(elements: number): void {
    this.used += elements;
    // NaN and infinities are as impossible as too many.
    if (this.used <= this.elements) return;
    throw invalidFile(this.fileName, ...this.refusal);
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

/** Where layers keep those within them: wrappers, recurrent layers, cells. */
const INNER = ['layer', 'forwardLayer', 'backwardLayer', 'cell', 'cells'];

/** `layer` and all layers and cells within it, as tables of their fields. */
function* withInnerLayers(layer: object): Generator<Record<string, unknown>> {
  const fields = layer as Record<string, unknown>;
  yield fields;
  for (const inner of INNER.flatMap((name) => fields[name])) {
    if (inner instanceof Object) yield* withInnerLayers(inner);
  }
}

/**
 * Gives `layer` and all layers within it {@link storedInitializer}s for the initializers that they have.
 *
 * After construction, because wrappers make their inner layers from configurations of their own: `Bidirectional` writes its layer down
 * and reads it twice.
 */
export function storeInitializers(layer: object, budget: WeightBudget): void {
  for (const fields of withInnerLayers(layer)) {
    for (const [name, value] of Object.entries(fields)) {
      if (!(value instanceof initializerClass()) || value instanceof storedInitializerClass()) continue;
      const spec = { className: value.getClassName(), config: value.getConfig() };
      fields[name] = storedInitializer(spec, budget);
    }
  }
}

/** Leaves `layer` and all layers within it their initializers, but each weight that they draw is counted before. */
export function countInitializers(layer: object, budget: WeightBudget): void {
  for (const fields of withInnerLayers(layer)) {
    for (const value of Object.values(fields)) {
      if (!(value instanceof initializerClass())) continue;
      const draw = value.apply.bind(value);
      value.apply = (shape, dtype) => {
        budget.spend(tf.util.sizeFromShape(shape as number[]));
        return draw(shape, dtype);
      };
    }
  }
}

/** The base class of all initializers. It is not exported: an instance leads to it. */
const initializerClass = memoize(
  () => Object.getPrototypeOf(tfl.initializers.zeros().constructor) as new () => Initializer,
);

// Made at the first call, so that importing does nothing.
const storedInitializerClass = memoize(() => {
  return class StoredInitializer extends initializerClass() {
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
