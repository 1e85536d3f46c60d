import { defineConfig } from 'vitest/config';

import shared from './shared';

/** The oracle lane: tests that run Keras, TensorFlow or PyTorch beside ours; each skips with a message where there is no Python. */
export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
    include: ['oracle/**/*.test.ts'],
    maxWorkers: 1,
    testTimeout: 600_000,
    hookTimeout: 600_000,
    reporters: ['default', ['json', { outputFile: 'reports/oracle.json' }]],
  },
});
