/**
 * Draws each state of the page into docs/images/web-*.png, by Chromium: `npm run screenshots --workspace @zoo/example-web`.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { build, preview } from 'vite';

import { drawFarm, drawShapes } from './drawn-pictures.mjs';

const root = resolve(import.meta.dirname, '..');
const output = resolve(root, '../../docs/images');

const directory = await mkdtemp(join(tmpdir(), 'zoo-web-'));
await build({ root, logLevel: 'error', build: { outDir: directory, emptyOutDir: true } });
const server = await preview({
  root,
  logLevel: 'error',
  build: { outDir: directory },
  preview: { port: 0, host: '127.0.0.1' },
});
const address = `http://127.0.0.1:${server.httpServer.address().port}/`;
const browser = await chromium.launch({
  executablePath: process.env.ZOO_CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
  ],
});
await mkdir(output, { recursive: true });

/** A page with an open model. */
async function open(options, query = '') {
  const context = await browser.newContext({
    viewport: { width: 1200, height: 860 },
    serviceWorkers: 'block',
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(180_000);
  await page.goto(`${address}?engine=wasm-threads${query}`);
  await page.waitForFunction(() => document.getElementById('model-facts').textContent !== '');
  return page;
}

/** Few colours make small files. */
async function shoot(page, name, options = {}) {
  const bytes = await page.screenshot({ animations: 'disabled', ...options });
  await sharp(bytes)
    .png({ palette: true, colours: 160, effort: 10 })
    .toFile(join(output, `web-${name}.png`));
  console.log(`docs/images/web-${name}.png`);
}

async function classify(page, picture, heat) {
  await page.setInputFiles('#picture-file', picture);
  await page.locator('.answer').first().waitFor();
  if (heat === undefined) return;
  await page.fill('#heat-strength', `${heat}`);
  await page.locator('#heat').waitFor();
}

async function addPictures(page, names, count) {
  await page.click('nav a[href="#teach"]');
  for (const [index, name] of names.entries()) {
    if (index >= 2) await page.click('#add-class');
    await page.locator('.class-head input').nth(index).fill(name);
    await page.locator('.class-head input').nth(index).blur();
    await page
      .locator('.class')
      .nth(index)
      .locator('input[type=file]')
      .setInputFiles(await drawShapes(name, count, directory));
    await page.waitForFunction(
      (all) => document.querySelectorAll('.thumb').length === all,
      count * (index + 1),
    );
  }
}

async function train(page) {
  await page.click('#train');
  await page.locator('#lesson-state', { hasText: 'Done' }).waitFor();
}

const farm = await drawFarm(directory);
try {
  const desk = await open({});
  await shoot(desk, 'start');
  await classify(desk, farm, 45);
  await shoot(desk, 'heat');
  await desk.setInputFiles('#picture-file', {
    name: 'letter.jpg',
    mimeType: 'image/jpeg',
    buffer: Buffer.from('Dear zoo'),
  });
  await desk.locator('.notice').waitFor();
  await shoot(desk, 'refused');
  await desk.click('#picture-camera');
  await desk.locator('#camera-take:enabled').waitFor();
  await shoot(desk, 'camera');
  await desk.click('#camera-close');
  await addPictures(desk, ['circles', 'triangles', 'crosses'], 20);
  await train(desk);
  await shoot(desk, 'taught', { fullPage: true });
  await desk.context().close();

  const dark = await open({ colorScheme: 'dark' });
  await classify(dark, farm);
  await shoot(dark, 'dark');
  await dark.context().close();

  const phone = { viewport: { width: 390, height: 844 } };
  const small = await open(phone);
  await classify(small, farm);
  await shoot(small, 'phone', { fullPage: true });
  await small.context().close();

  const fromTheRight = await open(phone, '&dir=rtl');
  await addPictures(fromTheRight, ['circles', 'crosses'], 10);
  await train(fromTheRight);
  await shoot(fromTheRight, 'right-to-left', { fullPage: true });
} finally {
  await browser.close();
  await server.close();
  await rm(directory, { recursive: true });
}
