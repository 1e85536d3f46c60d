import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { memoize } from '@zoo/core';

import { type Constant, constantShape, type OperationOptions, OPERATIONS } from './operations';

/** An operand: one of the layer's inputs, by its place, or numbers. */
export type Operand = { readonly input: number } | { readonly value: Constant };

/** What an operation layer is made from. */
export interface OperationConfig {
  /** A name in {@link OPERATIONS}. */
  readonly operation: string;
  readonly operands: readonly Operand[];
  readonly options: OperationOptions;
}

type LayerClass = new (config: OperationConfig & { readonly name?: string }) => tfl.layers.Layer;

/**
 * A call of an operation in a functional model of Keras, `x / 127.5 - 1`, as a layer: TensorFlow.js has none for it.
 *
 * It is saved as `ZooOperation`, which `loadLayersModel` of this package reads; stock TensorFlow.js refuses it by that name.
 */
export const operationLayer = /* @__PURE__ */ memoize(
  (): LayerClass =>
    class ZooOperation extends tfl.layers.Layer {
      static className = 'ZooOperation';
      private readonly settings: OperationConfig;

      constructor(config: OperationConfig & { readonly name?: string }) {
        const { operation, operands, options, ...rest } = config;
        super(rest);
        this.settings = { operation, operands, options };
      }

      override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
        const shapes = Array.isArray(inputShape[0]) ? (inputShape as tfl.Shape[]) : [inputShape as tfl.Shape];
        const { operation, operands, options } = this.settings;
        const known = operands.map((operand) =>
          'input' in operand ? [...shapes[operand.input]!] : constantShape(operand.value),
        );
        return OPERATIONS[operation]!.shape(known, options);
      }

      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        const { operation, operands, options } = this.settings;
        const tensors = [inputs].flat();
        return tf.tidy(() => {
          const known = operands.map((operand) =>
            'input' in operand ? tensors[operand.input]! : constantTensor(operand.value),
          );
          return OPERATIONS[operation]!.compute(known, options);
        });
      }

      override getConfig(): tf.serialization.ConfigDict {
        return { ...super.getConfig(), ...this.settings } as unknown as tf.serialization.ConfigDict;
      }
    },
);

function constantTensor(value: Constant): tf.Tensor {
  return tf.tensor(value, undefined, 'float32');
}
