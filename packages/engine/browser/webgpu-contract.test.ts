import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { CHROMIUM_NOTE, isChromiumAbsent } from '../../../test-support/chromium';
import { WEBGPU_DIFFERENCES } from '../test/contract/forward-differences';

import { openContractPage, webgpuCases, type ContractBrowser } from './contract-browser';

describe.skipIf(isChromiumAbsent)(`WebGPU in Chromium${CHROMIUM_NOTE}`, () => {
  let browser: ContractBrowser;
  beforeAll(async () => {
    browser = await openContractPage({ isIsolated: false, renderer: 'software WebGPU' });
  });
  afterAll(async () => browser.close());

  it('starts when it is asked for by name, even where it computes in software', async () => {
    expect(await browser.inPage((page) => page.start('webgpu'))).toMatch(/asked for by name: WebGPU/);
  });

  for (const { name, index } of webgpuCases()) {
    it(name, () => browser.inPage((page, caseIndex) => page.check(caseIndex), index));
  }

  it('refuses to read synchronously, where tfjs alone gives zeros for ones', async () => {
    await expect(browser.inPage((page) => page.readSynchronously())).rejects.toThrow(
      /await tensor\.data\(\)/,
    );
  });

  it('computes every kernel forward as cpu does, but for the differences that the README lists', async () => {
    const failures = await browser.inPage((page) => page.checkForward());
    expect(Object.keys(failures).sort()).toEqual(Object.values(WEBGPU_DIFFERENCES).flat().sort());
  }, 120_000);
});
