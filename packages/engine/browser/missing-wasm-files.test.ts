import { describe, expect, it } from 'vitest';

import { CHROMIUM_NOTE, isChromiumAbsent } from '../../../test-support/chromium';

import { openContractPage } from './contract-browser';

describe.skipIf(isChromiumAbsent)(`a page without tfjs-backend-wasm's files${CHROMIUM_NOTE}`, () => {
  it.each([{ isIsolated: true }, { isIsolated: false }])(
    'is told where they belong, and does not freeze on cpu: isolated $isIsolated',
    async ({ isIsolated }) => {
      const browser = await openContractPage({ isIsolated, renderer: 'none', hasWasmFiles: false });
      try {
        await expect(browser.inPage((page) => page.select())).rejects.toThrow(
          /Expected tfjs-backend-wasm\S*\.wasm at http.* answered with 404.*wasmLocation/,
        );
      } finally {
        await browser.close();
      }
    },
  );
});
