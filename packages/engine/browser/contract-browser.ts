import { fileURLToPath } from 'node:url';

import { bundlePage, launchChromium } from '../../../test-support/chromium';
import { servePage } from '../../../test-support/serve-page';
import { contractCases } from '../test/contract';

import type { ContractPage } from './contract-page';

/** A page in Chromium with the contract's cases in it. */
export interface ContractBrowser {
  /** Runs in the page; a failure there fails here. */
  inPage<Result>(
    call: (contractPage: ContractPage, argument: number) => Promise<Result>,
    argument?: number,
  ): Promise<Result>;
  close(): Promise<void>;
}

/** A case as the page has it: it is called by its place in the list. */
interface PageCase {
  readonly name: string;
  readonly index: number;
}

/** The contract's cases of wasm, whose kernels are all. */
export function pageCases(): PageCase[] {
  return contractCases().map(({ name }, index) => ({ name, index }));
}

/**
 * Most of the drawn networks and rules: software takes most of a second for each. Node.js runs all of them on wasm, and by hand on WebGPU.
 */
const FURTHER_DRAWS = /small net (?:[6-9]\d|\d{3})|drawn rule \d\d/;

/** Those of WebGPU. */
export function webgpuCases(): PageCase[] {
  return pageCases().filter(({ name }) => !FURTHER_DRAWS.test(name));
}

/**
 * Those that TensorFlow.js' WebGL backend passes: gradients of dilated convolutions are refused there, a max-pool's gradient goes to
 * the last of equal maxima, and there are no fused optimizers, for which @zoo/train composes stock operations.
 */
export function webglCases(): PageCase[] {
  const otherwise = /dilat|of ties|updates all weights|by formulas/;
  return pageCases().filter(({ name }) => !otherwise.test(name) && !FURTHER_DRAWS.test(name));
}

/** Opens the page, cross-origin isolated or not, drawing with nothing or in software, with `files` beside its script. */
export async function openContractPage({
  isIsolated,
  renderer,
  files: others = new Map(),
}: {
  isIsolated: boolean;
  renderer: Parameters<typeof launchChromium>[0];
  files?: ReadonlyMap<string, Uint8Array>;
}): Promise<ContractBrowser> {
  const [script] = await bundlePage(fileURLToPath(new URL('contract-page.ts', import.meta.url)), {
    format: 'esm',
  });
  const files = new Map([['page.js', script!.contents], ...others]);
  const served = await servePage(files, { script: 'page.js', isIsolated });
  const browser = await launchChromium(renderer);
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
