import { defineConfig } from 'vitest/config';

import shared from '../../../test-support/vitest/shared';

/** The fuzz lane: mutated and hostile files, none of which may hang, crash or half load. Slow, and so apart from the tests. */
export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
    include: [
      'fuzz/**/*.fuzz.ts',
      'test/hostile-{chunks,files,pickles}.test.ts',
      'test/large-architectures.test.ts',
      'test/checked-archives.test.ts',
    ],
    testTimeout: 900_000,
    hookTimeout: 60_000,
    reporters: ['default', ['json', { outputFile: 'reports/fuzz.json' }]],
  },
});
