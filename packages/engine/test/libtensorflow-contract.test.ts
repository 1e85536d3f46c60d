import { afterAll, beforeAll, describe, test } from 'vitest';

import { selectEngine, type SelectedEngine } from '../src';

import { contractCases } from './contract';
import { isTfjsNodeHere } from './tfjs-node-here';

describe.skipIf(!isTfjsNodeHere())('libtensorflow', () => {
  let engine: SelectedEngine;

  beforeAll(async () => {
    engine = await selectEngine({ prefer: 'tfjs-node' });
  });

  afterAll(async () => engine.dispose());

  // TensorFlow.js refuses gradients of dilated convolutions on every engine but wasm, where the zoo's kernels give them.
  const cases = contractCases({ randomConvolutions: 20, smallNets: 20, steps: 100 });
  for (const { name, check } of cases.filter((contractCase) => !/dilat/.test(contractCase.name))) {
    test(name, () => check('tensorflow'));
  }
});
