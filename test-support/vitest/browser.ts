import { defineConfig } from 'vitest/config';

import shared from './shared';

/** The browser lane: tests that drive headless Chromium over pages bundled from source; each skips with a message where there is none. */
export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
    include: ['browser/**/*.test.ts'],
    maxWorkers: 1,
    testTimeout: 300_000,
    hookTimeout: 120_000,
    reporters: ['default', ['json', { outputFile: 'reports/browser.json' }]],
  },
});
