import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { contractCases } from '../test/contract';

import type { ContractPage } from './contract-page';
import { servePage, type ServedPage } from './serve-isolated';

const CHROMIUM = process.env.ZOO_CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const isChromiumHere = existsSync(CHROMIUM);
if (!isChromiumHere)
  process.stderr.write(`Skipping the browser's tests: no ${CHROMIUM} (see ZOO_CHROMIUM).\n`);

// The same sizes as in the page: a case is called by its place in the list.
const names = contractCases({ randomConvolutions: 20, smallNets: 20, steps: 100 }).map(({ name }) => name);

async function bundlePage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('contract-page.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['@zoo/source'],
    // An optional peer that is not installed: the import fails at run time, and the engine is passed over.
    external: ['@tensorflow/tfjs-backend-webgpu'],
    logLevel: 'error',
  });
  return outputFiles[0]!.text;
}

describe.skipIf(!isChromiumHere).each([
  { threads: 2, isIsolated: true },
  { threads: 1, isIsolated: false },
])('wasm in Chromium, $threads thread(s), page isolated: $isIsolated', ({ threads, isIsolated }) => {
  let browser: Browser;
  let page: Page;
  let served: ServedPage;

  /** Runs in the page; a failure there fails here. */
  const inPage = async <Result>(
    call: (contractPage: ContractPage, argument: number) => Promise<Result>,
    argument = 0,
  ): Promise<Result> => page.evaluate(`(${call.toString()})(globalThis.contractPage, ${argument})`);

  beforeAll(async () => {
    served = await servePage(await bundlePage(), { isIsolated });
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    page = await browser.newPage();
    await page.goto(served.address);
    await page.waitForFunction('globalThis.contractPage !== undefined');
  });

  afterAll(async () => {
    await browser.close();
    await served.close();
  });

  it('is what selectEngine takes, with a reason for each engine it passes over', async () => {
    const { name, reason, passedOver } = await inPage((contractPage) => contractPage.select());
    expect(name).toBe('wasm');
    expect(reason).toContain('best present for training');
    expect(passedOver.map((engine) => engine.name)).toEqual([
      'tfjs-node-gpu',
      'tfjs-node',
      'webgpu',
      'webgl',
    ]);
    expect(passedOver.every((engine) => engine.reason.length > 0)).toBe(true);
  });

  it('has its threads', async () => {
    const count = await inPage((contractPage, wanted) => contractPage.start(wanted), threads);
    expect(count).toBe(threads);
  });

  it.each(names.map((name, index) => ({ name, index })))('$name', async ({ index }) => {
    await inPage((contractPage, caseIndex) => contractPage.check(caseIndex), index);
  });
});
