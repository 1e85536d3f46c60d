import { existsSync } from 'node:fs';

import { defineConfig } from 'vitest/config';

import shared from './shared';

/** Where Debian's Chromium keeps SwiftShader, a Vulkan driver that computes in software, and Vulkan's loader. */
const SWIFTSHADER_DIRECTORY = '/usr/lib/chromium';
const DRIVER = `${SWIFTSHADER_DIRECTORY}/vk_swiftshader_icd.json`;

// The loader reads these when a test's process starts; a driver that is named already (a real card's) is left alone.
if (existsSync(DRIVER) && process.env['VK_DRIVER_FILES'] === undefined) {
  Object.assign(process.env, {
    VK_DRIVER_FILES: DRIVER,
    VK_ICD_FILENAMES: DRIVER,
    LD_LIBRARY_PATH: [SWIFTSHADER_DIRECTORY, process.env['LD_LIBRARY_PATH']].filter(Boolean).join(':'),
    XDG_RUNTIME_DIR: process.env['XDG_RUNTIME_DIR'] ?? '/tmp',
  });
}

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
