import type * as tf from '@tensorflow/tfjs-core';

import { attributeList } from './operation';
import type { BindingTensor, OperationAttribute, TensorFlowBackend } from './tensorflow-backend';

/**
 * Operations on tensors that only the binding knows, for kernels of several steps: what a step makes dies with the scope,
 * but for the result. Spares TensorFlow.js the bookkeeping of tensors that nobody sees.
 */
export class IdScope {
  readonly backend: TensorFlowBackend;
  readonly #made = new Map<number, BindingTensor | undefined>();

  private constructor(backend: TensorFlowBackend) {
    this.backend = backend;
  }

  /** The tensor whose id `use` returns, which must be one that the scope has made. */
  static run(backend: TensorFlowBackend, use: (scope: IdScope) => number): tf.Tensor {
    const scope = new IdScope(backend);
    let result: BindingTensor | undefined;
    try {
      const id = use(scope);
      result = scope.#made.get(id);
      scope.#made.delete(id);
      return backend.createOutputTensor(result!);
    } finally {
      for (const id of scope.#made.keys()) backend.binding.deleteTensor(id);
    }
  }

  /** Runs an operation of one output. */
  execute(operation: string, attributes: readonly OperationAttribute[], ids: readonly number[]): number {
    const [output] = this.backend.binding.executeOp(operation, attributes, ids, 1);
    this.#made.set(output!.id, output);
    return output!.id;
  }

  /** An int32 vector. */
  ints(values: readonly number[]): number {
    const { binding } = this.backend;
    const id = binding.createTensor([values.length], binding.TF_INT32, Int32Array.from(values));
    this.#made.set(id, undefined);
    return id;
  }

  /** The same values under another shape, shared; one size may be -1. */
  reshape(id: number, shape: readonly number[]): number {
    return this.execute('Reshape', this.withIntType('Tshape'), [id, this.ints(shape)]);
  }

  /** The product of two matrices. */
  matMul(left: number, right: number, { transposeA = false, transposeB = false } = {}): number {
    const attributes = attributeList(this.backend, { transpose_a: transposeA, transpose_b: transposeB });
    return this.execute('MatMul', attributes, [left, right]);
  }

  /** Attributes of an operation on float32 values that `name` says takes int32 sizes, axes or the like. */
  withIntType(name: string): OperationAttribute[] {
    const { binding } = this.backend;
    return [
      ...attributeList(this.backend, {}),
      { name, type: binding.TF_ATTR_TYPE, value: binding.TF_INT32 },
    ];
  }
}
