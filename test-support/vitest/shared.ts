import { fileURLToPath } from 'node:url';

import { defineConfig } from 'vitest/config';

/**
 * The one vitest configuration of every package: tests read `src` of all packages through the
 * `@zoo/source` export condition, so that no build is needed before a test.
 */
export default defineConfig({
  resolve: { conditions: ['@zoo/source', 'node', 'import', 'default'] },
  ssr: { resolve: { conditions: ['@zoo/source', 'node', 'import', 'default'] } },
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: [fileURLToPath(new URL('./setup.ts', import.meta.url))],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ['default', ['json', { outputFile: 'reports/vitest.json' }]],
  },
});
