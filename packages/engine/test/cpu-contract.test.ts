import { afterAll, beforeAll, describe, test } from 'vitest';

import { selectEngine, type SelectedEngine } from '../src';

import { contractCases } from './contract';

/** The cpu engine is what the other engines are compared with; alone its average-pooling's gradient is wrong without the zoo. */
describe('cpu', () => {
  let engine: SelectedEngine;
  beforeAll(async () => {
    engine = await selectEngine({ prefer: 'cpu' });
  });
  afterAll(async () => engine.dispose());

  const cases = contractCases();
  const chosen = cases.filter(
    ({ name }) => /gradient of average-pool|finite differences|no tensor/.test(name) && !/dilated/.test(name),
  );
  for (const { name, check } of chosen) {
    test(name, () => check('cpu'));
  }
});
