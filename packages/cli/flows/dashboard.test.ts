import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { CHROMIUM_NOTE, isChromiumAbsent, launchChromium } from '../../../test-support/chromium';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { bundleZoo } from '../test/bundle-zoo';

import { writePictures, zoo } from './support';

/** A run of `zoo train --dashboard`, looked at in a browser and stopped there. */

const COLORS = { cat: [150, 120, 120], dog: [120, 120, 150], fox: [120, 150, 120] } as const;
const NETWORK = ['--model', 'resnet20', '--image-size', '32', '--batch-size', '8', '--engine', 'wasm'];

const place = temporaryDirectory('suite');
let program: string;
let browser: Browser;
let page: Page;
let training: ChildProcess | undefined;

describe.skipIf(isChromiumAbsent)(`zoo train --dashboard${CHROMIUM_NOTE}`, () => {
  beforeAll(async () => {
    await writePictures(place('pictures'), COLORS, 16);
    await zoo('train', place('pictures'), '--output', place('runs', 'before'), ...NETWORK, '--epochs', '3');
    program = await bundleZoo();
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 1280, height: 1800 } });
  });
  afterAll(async () => {
    training?.kill('SIGKILL');
    await browser.close();
    await rm(program, { force: true });
  });

  it('shows curves, confusion matrix, hardest pictures and other runs while it goes on, and stops with a checkpoint', async () => {
    const problems: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    const argv = ['train', place('pictures'), '--output', place('runs', 'watched'), ...NETWORK];
    training = spawn(
      process.execPath,
      [program, ...argv, '--epochs', '1000', '--dashboard', '--dashboard-port', '0'],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let errors = '';
    const url = await new Promise<string>((resolve, reject) => {
      training!.stderr!.on('data', (text: Buffer) => {
        errors += text.toString();
        const [, found] = /dashboard: (\S+)/.exec(errors) ?? [];
        if (found !== undefined) resolve(found);
      });
      training!.once('close', (status) => reject(new Error(`ended with ${status}: ${errors}`)));
    });
    const ended = once(training, 'close');

    await page.goto(url);
    await page.waitForSelector('figure.chart svg[aria-label="Accuracy by epoch"] polyline[points*=" "]');
    await page.waitForSelector('table.confusion');
    await page.waitForFunction('document.getElementById("epoch").textContent.endsWith("of 1000")');
    expect(await page.textContent('#state')).toBe('training');
    expect(await page.textContent('#left')).toMatch(/ (s|min)$/);
    expect(await page.textContent('#parts')).toContain('2 of 2 runs are shown');
    expect(await page.locator('svg[aria-label="Validation accuracy by epoch"] polyline').count()).toBe(2);
    expect(await page.locator('#live .tile b').allTextContents()).not.toContain('–');
    const shots = process.env['ZOO_SCREENSHOTS'];
    if (shots !== undefined) await page.screenshot({ path: `${shots}/dashboard.png`, fullPage: true });

    await page.click('#stop');
    const [status] = (await ended) as [number];
    expect(status).toBe(130);
    expect(errors).toContain('Interrupted; a checkpoint is in');
    await page.waitForFunction('document.getElementById("state").textContent === "stopped"');
    expect(problems.filter((text) => /policy/i.test(text))).toEqual([]);
  });
});
