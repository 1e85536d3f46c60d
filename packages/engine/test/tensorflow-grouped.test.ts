import * as tf from '@tensorflow/tfjs-core';
import { GROUPED_KERNELS } from '@zoo/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { selectEngine, type SelectedEngine } from '../src';
import { hasGroupedGradients } from '../src/engines/tensorflow/kernels/grouped-convolution';
import type { TensorFlowBackend } from '../src/engines/tensorflow/tensorflow-backend';

import { isTensorFlowHere } from './tensorflow-here';

/** A binding that keeps account of its tensors, and refuses an operation. */
function accountedBinding(refused: string | undefined) {
  const tensors = new Set<number>();
  let made = 0;
  const create = (): number => {
    tensors.add(++made);
    return made;
  };
  const binding = {
    createTensor: create,
    deleteTensor: (id: number) => tensors.delete(id),
    executeOp: (name: string) => {
      if (name === refused) throw new Error('Gradients for grouped convolutions are not supported on CPU.');
      return [{ id: create(), shape: [], dtype: 1 }];
    },
  };
  return { tensors, backend: { binding } as unknown as TensorFlowBackend };
}

describe('whether a TensorFlow gives the gradients of grouped convolutions', () => {
  it.each<[string | undefined, boolean]>([
    [undefined, true],
    ['Conv2DBackpropInput', false],
    ['Conv2DBackpropFilter', false],
  ])('is found out by asking (%s refused), and no tensor stays', (refused, expected) => {
    const { tensors, backend } = accountedBinding(refused);
    expect(hasGroupedGradients(backend)).toBe(expected);
    expect([...tensors]).toEqual([]);
  });
});

describe.skipIf(!isTensorFlowHere())('grouped convolutions on tensorflow', () => {
  let engine: SelectedEngine;
  beforeAll(async () => {
    engine = await selectEngine({ prefer: 'tensorflow' });
  });
  afterAll(async () => engine.dispose());

  it('are kernels exactly where this TensorFlow gives their gradients', () => {
    const backend = tf.backend() as unknown as TensorFlowBackend;
    const names = tf.getKernelsForBackend('tensorflow').map(({ kernelName }) => kernelName);
    for (const name of Object.values(GROUPED_KERNELS))
      expect(names.includes(name)).toBe(hasGroupedGradients(backend));
  });
});
