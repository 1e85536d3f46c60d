import { defineConfig } from 'vitest/config';

import shared from './shared';
import { offerSoftwareVulkan } from './software-vulkan';

offerSoftwareVulkan();

/** The WebGPU lane: tests in Node.js on the npm package `webgpu`, in software or on a card; skipped where Vulkan has no driver. */
export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
    include: ['webgpu/**/*.test.ts'],
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 120_000,
    reporters: ['default', ['json', { outputFile: 'reports/webgpu.json' }]],
  },
});
