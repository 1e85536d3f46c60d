import { afterAll, beforeAll, describe, test } from 'vitest';

import { selectEngine, type SelectedEngine } from '../src';

import { contractCases } from './contract';

/** The cpu engine is what the others are compared with; here is what it has wrong without the zoo, and what needs no comparison. */
describe('cpu', () => {
  let engine: SelectedEngine;
  beforeAll(async () => {
    engine = await selectEngine({ prefer: 'cpu' });
  });
  afterAll(async () => engine.dispose());

  const cases = contractCases();
  const chosen = cases.filter(
    ({ name }) =>
      /gradient of average-pool|finite differences|matMul of batches|no tensor/.test(name) &&
      !/dilated/.test(name),
  );
  for (const { name, check } of chosen) {
    test(name, () => check('cpu'));
  }
});
