import type * as tf from '@tensorflow/tfjs-core';

import { attributeList } from './operation';
import type { TensorFlowBackend } from './tensorflow-backend';

/** Names of the resource variables are per process: the binding has one container for all of them. */
let variableCount = 0;

/**
 * Lends the memory of tensors to resource variables, which TensorFlow's optimizer operations update in place.
 *
 * The binding holds immutable tensors, so that TensorFlow would copy before it writes. Here the binding's hold is given up
 * while the variable has the memory, and taken again from the variable afterwards, under the same TensorFlow.js data id.
 */
export class InPlaceVariables {
  readonly #backend: TensorFlowBackend;
  readonly #resources: number[];

  /** @param count How many tensors at most are updated at once. */
  constructor(backend: TensorFlowBackend, count: number) {
    this.#backend = backend;
    this.#resources = Array.from({ length: count }, () => this.#createResource());
  }

  /** Runs `update` on the resources that hold the tensors' values; afterwards the tensors hold the updated values. */
  update(tensors: readonly tf.TensorInfo[], update: (resources: readonly number[]) => void): void {
    const { binding, tensorMap } = this.#backend;
    const ids = this.#backend.getInputTensorIds(tensors);
    const records = tensors.map(({ dataId }) => tensorMap.get(dataId));
    tensors.forEach((_, index) => {
      this.#run('AssignVariableOp', [this.#resources[index]!, ids[index]!], 0);
      binding.deleteTensor(ids[index]!);
    });
    try {
      update(this.#resources);
    } finally {
      records.forEach((record, index) => {
        const [value] = this.#run('ReadVariableOp', [this.#resources[index]!], 1);
        record.id = value!.id;
      });
    }
  }

  /** Gives the resources back, and with them their hold of the last values. */
  dispose(): void {
    for (const resource of this.#resources) {
      this.#backend.binding.executeOp('DestroyResourceOp', [], [resource], 0);
      this.#backend.binding.deleteTensor(resource);
    }
    this.#resources.length = 0;
  }

  #createResource(): number {
    const { binding } = this.#backend;
    const attributes = [
      ...attributeList(this.#backend, { container: '', shared_name: `zoo/${variableCount++}` }, ['dtype']),
      { name: 'shape', type: binding.TF_ATTR_SHAPE, value: [] },
    ];
    return binding.executeOp('VarHandleOp', attributes, [], 1)[0]!.id;
  }

  #run(operation: string, ids: readonly number[], outputCount: number) {
    return this.#backend.binding.executeOp(
      operation,
      attributeList(this.#backend, {}, ['dtype']),
      ids,
      outputCount,
    );
  }
}
