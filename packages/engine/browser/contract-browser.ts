import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';
import { chromium } from 'playwright-core';

import { contractCases } from '../test/contract';

import { CONTRACT_SIZE, type ContractPage } from './contract-page';
import { servePage } from './serve-isolated';

const CHROMIUM = process.env.ZOO_CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const FLAGS_BY_RENDERER = {
  none: ['--disable-gpu'],
  software: ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
};

/** A page in Chromium with the contract's cases in it. */
export interface ContractBrowser {
  /** Runs in the page; a failure there fails here. */
  inPage<Result>(
    call: (contractPage: ContractPage, argument: number) => Promise<Result>,
    argument?: number,
  ): Promise<Result>;
  close(): Promise<void>;
}

/** False, with a message, where there is no Chromium. */
export function isChromiumHere(): boolean {
  const isHere = existsSync(CHROMIUM);
  if (!isHere) process.stderr.write(`Skipping the browser's tests: no ${CHROMIUM} (see ZOO_CHROMIUM).\n`);
  return isHere;
}

/** The contract's cases as the page has them: one is called by its place in the list. */
export function pageCases(): { name: string; index: number }[] {
  return contractCases(CONTRACT_SIZE).map(({ name }, index) => ({ name, index }));
}

/** Opens the page, cross-origin isolated or not, drawing with nothing or in software. */
export async function openContractPage({
  isIsolated,
  renderer,
}: {
  isIsolated: boolean;
  renderer: keyof typeof FLAGS_BY_RENDERER;
}): Promise<ContractBrowser> {
  const served = await servePage(await bundlePage(), { isIsolated });
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [...FLAGS, ...FLAGS_BY_RENDERER[renderer]],
  });
  const page = await browser.newPage();
  await page.goto(served.address);
  await page.waitForFunction('globalThis.contractPage !== undefined');
  return {
    inPage: async (call, argument = 0) =>
      page.evaluate(`(${call.toString()})(globalThis.contractPage, ${argument})`),
    close: async () => {
      await browser.close();
      await served.close();
    },
  };
}

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
