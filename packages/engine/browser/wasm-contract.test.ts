import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { CHROMIUM_NOTE, isChromiumAbsent } from '../../../test-support/chromium';

import { openContractPage, pageCases, type ContractBrowser } from './contract-browser';

describe.skipIf(isChromiumAbsent).each([
  { threads: 2, isIsolated: true },
  { threads: 1, isIsolated: false },
])(
  `wasm in Chromium, $threads thread(s), page isolated: $isIsolated${CHROMIUM_NOTE}`,
  ({ threads, isIsolated }) => {
    let browser: ContractBrowser;
    beforeAll(async () => {
      browser = await openContractPage({ isIsolated, renderer: 'none' });
    });
    afterAll(async () => browser.close());

    it('is what selectEngine takes, with a reason for each engine it passes over', async () => {
      const { name, reason, unavailable } = await browser.inPage((page) => page.select());
      expect(name).toBe('wasm');
      expect(reason).toContain('best present for training');
      expect(unavailable.map((engine) => engine.name)).toEqual([
        'tensorflow-gpu',
        'webgpu',
        'tensorflow',
        'webgl',
      ]);
      expect(unavailable.every((engine) => engine.reason.length > 0)).toBe(true);
    });

    it('has its threads', async () => {
      const count = await browser.inPage((page, wanted) => page.startWasm(wanted), threads);
      expect(count).toBe(threads);
    });

    for (const { name, index } of pageCases()) {
      it(name, () => browser.inPage((page, caseIndex) => page.check(caseIndex), index));
    }
  },
);
