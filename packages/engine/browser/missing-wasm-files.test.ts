import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

import { describe, expect, it } from 'vitest';

import { CHROMIUM_NOTE, isChromiumAbsent } from '../../../test-support/chromium';

import { openContractPage } from './contract-browser';

describe.skipIf(isChromiumAbsent)(`where a page has tfjs-backend-wasm's files${CHROMIUM_NOTE}`, () => {
  it.each([
    { isIsolated: true, build: 'tfjs-backend-wasm-threaded-simd.wasm' },
    { isIsolated: false, build: 'tfjs-backend-wasm-simd.wasm' },
  ])(
    'is said of a place that lacks them; another has them, and no place needs none: isolated $isIsolated',
    async ({ isIsolated, build }) => {
      const file = createRequire(import.meta.url).resolve(`@tensorflow/tfjs-backend-wasm/dist/${build}`);
      const files = new Map([[`here/${build}`, await readFile(file)]]);
      for (const place of ['/here', undefined]) {
        const browser = await openContractPage({ isIsolated, renderer: 'none', files });
        try {
          await expect(browser.inPage((page) => page.select('/there'))).rejects.toThrow(
            /Expected tfjs-backend-wasm\S*\.wasm at http.*\/there\/.* answered with 404.*wasmLocation/,
          );
          const selected = await (place === undefined
            ? browser.inPage((page) => page.select())
            : browser.inPage((page) => page.select('/here')));
          expect(selected.name).toBe('wasm');
        } finally {
          await browser.close();
        }
      }
    },
  );
});
