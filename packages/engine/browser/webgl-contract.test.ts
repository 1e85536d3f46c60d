import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { CHROMIUM_NOTE, isChromiumAbsent } from '../../../test-support/chromium';
import { WEBGL_DIFFERENCES } from '../test/contract/forward-differences';

import { webglCases, openContractPage, type ContractBrowser } from './contract-browser';

describe.skipIf(isChromiumAbsent)(`WebGL in Chromium${CHROMIUM_NOTE}`, () => {
  let browser: ContractBrowser;
  beforeAll(async () => {
    browser = await openContractPage({ isIsolated: false, renderer: 'software' });
  });
  afterAll(async () => browser.close());

  it('multiplies by what lies beside an odd number of columns, with the kernels of tfjs alone', async () => {
    // The day this fails, tfjs has fixed it.
    expect(await browser.inPage((page) => page.oddProduct())).not.toEqual([3]);
  });

  it('starts when it is asked for by name, even where it draws in software', async () => {
    expect(await browser.inPage((page) => page.start('webgl'))).toMatch(
      /asked for by name: WebGL on .*SwiftShader/,
    );
  });

  it('multiplies rightly once selectEngine has started it', async () => {
    expect(await browser.inPage((page) => page.oddProduct())).toEqual([3]);
  });

  for (const { name, index } of webglCases()) {
    it(name, () => browser.inPage((page, caseIndex) => page.check(caseIndex), index));
  }

  it('computes every kernel forward as cpu does, but for the differences that the README lists', async () => {
    const failures = await browser.inPage((page) => page.checkForward());
    expect(Object.keys(failures).sort()).toEqual(Object.values(WEBGL_DIFFERENCES).flat().sort());
  }, 120_000);
});
