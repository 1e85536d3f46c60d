import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { CHROMIUM_NOTE, isChromiumAbsent, launchChromium } from '../../../test-support/chromium';
import { servePage } from '../../../test-support/serve-page';
import { temporaryDirectory } from '../../../test-support/temporary-directory';

/** Bundles a page into a folder that will be the server's root, with what a user of the bundler would write. */
type Bundler = (page: string, directory: string) => Promise<unknown>;

const BUNDLERS: Readonly<Record<string, Bundler>> = {
  async vite(page, directory) {
    const { build } = await import('vite');
    return build({
      configFile: false,
      logLevel: 'error',
      root: fileURLToPath(new URL('bundlers', import.meta.url)),
      build: {
        outDir: directory,
        rolldownOptions: { input: page, output: { entryFileNames: 'page.js' } },
      },
    });
  },
  async webpack(page, directory) {
    const { default: webpack } = await import('webpack');
    return new Promise<void>((resolve, reject) => {
      const output = { path: directory, filename: 'page.js', publicPath: '/' };
      webpack({ mode: 'production', entry: page, output, performance: false }, (error, stats) => {
        if (error !== null || stats?.hasErrors() !== false)
          reject(error ?? new Error(stats?.toString('errors-only')));
        else resolve();
      });
    });
  },
  async esbuild(page, directory) {
    const { build } = await import('esbuild');
    return build({
      entryPoints: { page },
      outdir: directory,
      ...{ bundle: true, splitting: true, format: 'esm', publicPath: '/', logLevel: 'error' },
    });
  },
};

/** The built package, as published: `npm run test:browser` builds it first. */
describe.skipIf(isChromiumAbsent).each(Object.entries(BUNDLERS))(
  `the built package in a page bundled by %s${CHROMIUM_NOTE}`,
  (_name, bundle) => {
    let browser: Browser;
    const place = temporaryDirectory('suite');
    let files: Map<string, Uint8Array>;
    beforeAll(async () => {
      await bundle(fileURLToPath(new URL('bundlers/page.mjs', import.meta.url)), place());
      files = await filesIn(place());
      browser = await launchChromium();
    });
    afterAll(async () => {
      await browser.close();
    });

    it.each([
      { isIsolated: true, threads: 2 },
      { isIsolated: false, threads: 1 },
    ])('trains on $threads thread(s), isolated: $isIsolated', async ({ isIsolated, threads }) => {
      const served = await servePage(files, { script: '/page.js', isIsolated });
      const page = await browser.newPage();
      await page.goto(served.address);
      await page.waitForFunction('globalThis.outcome !== undefined');
      const outcome = await page.evaluate<{ before: number; after: number }>('globalThis.outcome');
      await page.close();
      await served.close();
      expect(outcome).toMatchObject({ backend: 'wasm', threads });
      expect(outcome.after).toBeLessThan(outcome.before);
    });
  },
);

async function filesIn(directory: string): Promise<Map<string, Uint8Array>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(
      paths.map(async (path): Promise<[string, Uint8Array]> => [
        relative(directory, path),
        await readFile(path),
      ]),
    ),
  );
}
