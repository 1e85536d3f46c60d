import * as tf from '@tensorflow/tfjs-core';
import { GROUPED_KERNELS } from '@zoo/core';
import { afterAll, beforeAll, describe, test } from 'vitest';

import { selectEngine, type SelectedEngine } from '../src';

import { contractCases } from './contract';
import { isTensorFlowHere } from './tensorflow-here';

describe.skipIf(!isTensorFlowHere())('tensorflow', () => {
  let engine: SelectedEngine;

  beforeAll(async () => {
    engine = await selectEngine({ prefer: 'tensorflow' });
  });

  afterAll(async () => engine.dispose());

  // TensorFlow.js refuses gradients of dilated convolutions on every engine but wasm, where the zoo's kernels give them. With a
  // number for a padding it takes an output's width from the filter's height and the stride down, which TensorFlow does not.
  // TensorFlow's depthwise convolutions have equal strides, tfjs-node's neither a number nor, in gradients, sides for a padding.
  // Formulas of update rules are worked out by stock operations.
  const otherwise = /by formulas|dilat| floor$|depthwise.* (strides 1,2|strides 3,2|pad 1$|pad \[)/;
  const cases = contractCases();
  for (const { name, check } of cases.filter((contractCase) => !otherwise.test(contractCase.name))) {
    test(name, ({ skip }) => {
      const isComposite = !tf
        .getKernelsForBackend('tensorflow')
        .some(({ kernelName }) => kernelName === GROUPED_KERNELS.groupedConvolution);
      // Core's composite stands on depthwise convolutions, which have equal strides in TensorFlow.
      if (isComposite && /^grouped.*strides 2,1/.test(name)) skip();
      return check('tensorflow');
    });
  }
});
