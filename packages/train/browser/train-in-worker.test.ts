import { fileURLToPath } from 'node:url';

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { bundlePage, CHROMIUM_NOTE, isChromiumAbsent, launchChromium } from '../../../test-support/chromium';
import { servePage, type ServedPage } from '../../../test-support/serve-page';

import type { TrainingPage } from './page';

/** Trainings of which the quickest frames are told. */
const CLOCK_ROUNDS = 2;
/** The longest frame of a page that does not stutter. */
const LONGEST_FRAME_MS = 50;

describe.skipIf(isChromiumAbsent)(`training in a Web Worker${CHROMIUM_NOTE}`, () => {
  let browser: Browser;
  let served: ServedPage;
  let page: Page;

  beforeAll(async () => {
    const files = new Map<string, Uint8Array>();
    for (const name of ['page', 'training.worker']) {
      const source = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
      const [script] = await bundlePage(source, {
        format: 'esm',
        external: ['@tensorflow/tfjs-backend-webgpu'],
      });
      files.set(`${name}.js`, script!.contents);
    }
    files.set('silent.js', Buffer.from('// calls no serveTraining'));
    files.set('broken.js', Buffer.from("throw new Error('out of order');"));
    served = await servePage(files, { script: 'page.js', isIsolated: false });
    browser = await launchChromium();
    page = await browser.newPage();
    await page.goto(served.address);
    await page.waitForFunction('typeof trainingPage === "object"');
    expect(await page.evaluate('trainingPage.start()')).toBe('wasm');
  });
  afterAll(async () => {
    await browser.close();
    await served.close();
  });

  const inPage = <Name extends keyof TrainingPage>(name: Name, ...values: unknown[]) =>
    page.evaluate(
      `trainingPage.${name}(${values.map((value) => JSON.stringify(value)).join(', ')})`,
    ) as ReturnType<TrainingPage[Name]>;

  it('gives the weights of fit on the page, bit for bit, and keeps the page for less than 50 ms at a time', async () => {
    await browser.startTracing(page, { categories: ['toplevel', '__metadata'] });
    const { weights, metrics, steps, longestMs, frames, tensors } = await inPage('train');
    const busyMs = longestTaskMs(await browser.stopTracing());
    const expected = await inPage('fit');
    expect(weights).toBe(expected.weights);
    expect(metrics).toEqual(expected.metrics);
    expect(metrics.at(-1)!['valAccuracy']).toBe(1);
    expect(steps).toBeGreaterThanOrEqual(6);
    expect(tensors).toBe(0);
    expect(frames).toBeGreaterThan(10);
    expect(busyMs).toBeGreaterThan(0);
    expect(busyMs).toBeLessThan(LONGEST_FRAME_MS);
    process.stdout.write(
      `longest of ${frames} frames: ${longestMs.toFixed(1)} ms by the clock; longest task of the page: ${busyMs.toFixed(1)} ms of processor time\n`,
    );
  });

  it('tells how long its frames take by the clock, which what else the machine does makes longer', async () => {
    const rounds = [];
    for (let round = 0; round < CLOCK_ROUNDS; round++) rounds.push(await inPage('train'));
    const best = rounds.reduce((one, other) => (one.longestMs <= other.longestMs ? one : other));
    process.stdout.write(
      `best of ${CLOCK_ROUNDS} rounds: longest of ${best.frames} frames ${best.longestMs.toFixed(1)} ms, longest task over 50 ms: ${best.longTaskMs.toFixed(1)} ms\n`,
    );
    expect(best.frames).toBeGreaterThan(10);
  });

  it('ends by the reason of an aborted signal, the model as it was', async () => {
    expect(await inPage('abort')).toEqual({ outcome: 'enough', isSame: true });
  });

  it("hands on what the worker's own function throws", async () => {
    expect(await inPage('fail', 'training.worker.js', 'broken')).toMatchObject({
      name: 'TypeError',
      message: 'no engine today',
    });
  });

  it.each([
    ['is absent', 'nowhere.js', /could not be loaded/],
    ['fails', 'broken.js', /out of order/],
    ['calls no serveTraining', 'silent.js', /serveTraining within 3000 ms/],
  ])('says so where its script %s', async (_how, script, message) => {
    const failure = await inPage('fail', script);
    expect(failure.isWorkers).toBe(true);
    expect(failure.message).toMatch(message);
  });
});

/** An event of Chromium's trace; times in microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** Processor time of the thread: what other programs of the machine take is not in it. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** The processor time of the longest task of a page's own thread, during which it draws nothing. */
function longestTaskMs(trace: Buffer): number {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
  const pageThreads = traceEvents
    .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
    .map(({ pid, tid }) => `${pid} ${tid}`);
  const tasks = traceEvents.filter(({ ph, pid, tid }) => ph === 'X' && pageThreads.includes(`${pid} ${tid}`));
  return tasks.reduce((longest, { tdur = 0 }) => Math.max(longest, tdur / 1000), 0);
}
