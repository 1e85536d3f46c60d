import { defineConfig } from 'vitest/config';

import shared from '../../../test-support/vitest/shared';

/** The fuzz lane: mutated and hostile pictures, none of which may hang, crash or grow. Slow, and so apart from the tests. */
export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
    include: ['fuzz/**/*.fuzz.ts', 'test/hostile-*.test.ts'],
    testTimeout: 900_000,
    hookTimeout: 600_000,
    reporters: ['default', ['json', { outputFile: 'reports/fuzz.json' }]],
  },
});
