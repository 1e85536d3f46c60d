import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { CHROMIUM_NOTE, isChromiumAbsent, launchChromium } from '../../../test-support/chromium';
import { temporaryDirectory } from '../../../test-support/temporary-directory';

import { namePicture, openWebPage, pictureClasses, serveWebPage, type ServedWebPage } from './served-page';

const PHONE = { viewport: { width: 360, height: 740 } };

/** What axe finds on the page as it is now, in words. */
interface Axe {
  run(): Promise<{
    violations: { id: string; help: string; nodes: { html: string; failureSummary?: string }[] }[];
  }>;
}

describe.skipIf(isChromiumAbsent)(`the page for everybody${CHROMIUM_NOTE}`, () => {
  const place = temporaryDirectory('suite');
  let served: ServedWebPage;
  let browser: Browser;
  let picture: string;

  beforeAll(async () => {
    served = await serveWebPage(place('site'));
    [picture] = (await pictureClasses(['judge'], 1, place()))[0]!.files as [string];
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser.close();
    await served.close();
  });

  it.each(['light', 'dark'] as const)('gives axe nothing to find in any state, %s', async (colorScheme) => {
    const { page } = await openWebPage(browser, `${served.address}?engine=wasm`, { colorScheme });
    const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    await page.evaluate(axe);
    expect(await findings(page)).toEqual([]);
    await namePicture(page, picture);
    await page.fill('#heat-strength', '50');
    await page.locator('#heat').waitFor();
    await page.click('#model-reading summary');
    expect(await findings(page)).toEqual([]);
    await page.setInputFiles('#picture-file', {
      name: 'text.jpg',
      mimeType: 'image/jpeg',
      buffer: Buffer.from('text'),
    });
    await page.locator('.notice').waitFor();
    expect(await findings(page)).toEqual([]);
    await page.click('nav a[href="#teach"]');
    expect(await findings(page)).toEqual([]);
    await teachTwoClasses(page, picture);
    expect(await findings(page)).toEqual([]);
    await page.context().close();
  });

  it.each([
    { name: 'on a phone', options: PHONE, query: '' },
    { name: 'on a phone, from the right', options: PHONE, query: '&dir=rtl' },
    { name: 'on a desk, from the right', options: {}, query: '&dir=rtl' },
  ])('never scrolls sideways $name', async ({ options, query }) => {
    const { page } = await openWebPage(browser, `${served.address}?engine=wasm${query}`, options);
    await namePicture(page, picture);
    await page.fill('#heat-strength', '50');
    await page.locator('#heat').waitFor();
    await page.click('#model-reading summary');
    expect(await sidewaysPixels(page)).toBe(0);
    await page.click('nav a[href="#teach"]');
    await teachTwoClasses(page, picture);
    expect(await sidewaysPixels(page)).toBe(0);
    await page.context().close();
  });

  it('is used by keys alone', async () => {
    const { page } = await openWebPage(browser, `${served.address}?engine=wasm`);
    const focused = () => page.evaluate(() => document.activeElement?.id ?? '');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    // The way to the content is a navigation, which ends some time after the key.
    await page.waitForFunction(() => document.activeElement?.id === 'main');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('picture-file');
    await namePicture(page, picture);
    for (const expected of ['picture-camera', 'heat-strength']) {
      await page.keyboard.press('Tab');
      expect(await focused()).toBe(expected);
    }
    await page.keyboard.press('ArrowRight');
    expect(await page.textContent('#heat-value')).toBe('1 %');
    await page.focus('nav a[href="#teach"]');
    await page.keyboard.press('Enter');
    await page.locator('#add-class').waitFor();
    expect(await focused()).toBe('main');
    await page.context().close();
  });

  it('takes 60 KB of JavaScript of ours in gzip, wasm’s kernels included, to name a picture, and fetches nothing of what it does not need', async () => {
    served.asked.clear();
    const { page } = await openWebPage(browser, `${served.address}?engine=wasm`, { serviceWorkers: 'block' });
    await namePicture(page, picture);
    await page.context().close();
    const scripts = [...served.asked].filter((path) => path.endsWith('.js'));
    // TensorFlow.js' own files are called after it.
    const own = scripts.filter((path) => !path.includes('tensorflow'));
    const sizes = await Promise.all(
      own.map(async (path) => gzipSync(await readFile(join(place('site'), path))).length),
    );
    expect(own.filter((path) => /compute-worker|start-wasm|relaxed-kernels/.test(path))).toHaveLength(3);
    expect(scripts.filter((path) => /webgpu|webgl|teach|explain|camera|loaders|encode/.test(path))).toEqual(
      [],
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(60 * 1024);
  });

  it('opens and names pictures without a server after the first visit', async () => {
    const own = await serveWebPage(place('offline'));
    const { page } = await openWebPage(browser, `${own.address}?engine=wasm-threads`);
    await page.waitForFunction(
      async () => (await navigator.serviceWorker.ready).active?.state === 'activated',
    );
    await own.close();
    await page.reload();
    await page.waitForFunction(() => document.getElementById('model-facts')!.textContent !== '');
    expect(await namePicture(page, picture)).toHaveLength(5);
    expect(await page.evaluate('crossOriginIsolated')).toBe(true);
    await page.context().close();
  });
});

async function findings(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run();
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary ?? ''}`),
    );
  });
}

function sidewaysPixels(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** Two classes of one picture four times each: enough to show every part of the page. */
async function teachTwoClasses(page: Page, picture: string): Promise<void> {
  for (const index of [0, 1]) {
    const input = page.locator('.class').nth(index).locator('input[type=file]');
    await input.setInputFiles([picture, picture, picture, picture]);
    await page.waitForFunction(
      (count) => document.querySelectorAll('.thumb').length === count,
      4 * (index + 1),
    );
  }
  await page.fill('#epochs', '3');
  await page.click('#train');
  await page.locator('#lesson-state', { hasText: 'Done' }).waitFor();
}
