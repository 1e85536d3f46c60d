import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { bundlePage, CHROMIUM_NOTE, isChromiumAbsent, launchChromium } from '../../../test-support/chromium';
import { servePage, type ServedPage } from '../../../test-support/serve-page';

import type { enginesPage } from './engines-page';

/** TensorFlow.js has no grouped convolution: what ResNeXt is made of instead is the same on every engine of a browser. */
describe.skipIf(isChromiumAbsent)(`ResNeXt in a browser${CHROMIUM_NOTE}`, () => {
  let served: ServedPage;

  // WebGPU is there for pages of a server only.
  beforeAll(async () => {
    const [script] = await bundlePage(fileURLToPath(new URL('engines-page.ts', import.meta.url)));
    const files = new Map([['page.js', script!.contents]]);
    served = await servePage(files, { script: 'page.js', isIsolated: false });
  });

  afterAll(async () => served.close());

  it.each([
    { engine: 'webgl', renderer: 'software' },
    { engine: 'webgpu', renderer: 'software WebGPU' },
  ] as const)('computes, folds and has gradients on $engine as on cpu', async ({ engine, renderer }) => {
    const browser = await launchChromium(renderer);
    try {
      const page = await browser.newPage();
      await page.goto(served.address);
      const result: Awaited<ReturnType<typeof enginesPage.compare>> = await page.evaluate(
        `enginesPage.compare('${engine}')`,
      );
      expect(result.engine).toBe(engine);
      expect(result.outputs).toBeLessThan(1e-4);
      expect(result.foldedOutputs).toBeLessThan(1e-4);
      expect(result.gradients.length).toBeGreaterThan(100);
      expect(Math.max(...result.gradients)).toBeLessThan(1e-3);
      const decoded: Awaited<ReturnType<typeof enginesPage.decode>> = await page.evaluate(
        `enginesPage.decode('${engine}')`,
      );
      expect(decoded).toBe('b');
    } finally {
      await browser.close();
    }
  });
});
