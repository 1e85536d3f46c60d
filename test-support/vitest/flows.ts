import { defineConfig } from 'vitest/config';

import shared from './shared';

/** The flows lane: whole ways across packages and programs; what needs Python or real pictures skips with a message where they are absent. */
export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
    include: ['flows/**/*.test.ts'],
    maxWorkers: 1,
    testTimeout: 240_000,
    hookTimeout: 240_000,
    reporters: ['default', ['json', { outputFile: 'reports/flows.json' }]],
  },
});
