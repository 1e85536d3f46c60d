import { defineConfig } from 'vitest/config';

import shared from './shared';
import { offerSoftwareVulkan } from './software-vulkan';

// For ranks on webgpu.
offerSoftwareVulkan();

/** The MPI lane: tests that start programs under `mpirun`; each skips with a message where there is no such launcher. */
export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
    include: ['mpi/**/*.test.ts'],
    maxWorkers: 1,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ['default', ['json', { outputFile: 'reports/mpi.json' }]],
  },
});
