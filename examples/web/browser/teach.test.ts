import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

import * as tf from '@tensorflow/tfjs-core';
import { openClassifier, openModel } from '@zoo/classify';
import { selectEngine, type SelectedEngine } from '@zoo/engine';
import { encodeModelFile } from '@zoo/weights';
import { unzipSync } from 'fflate';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { bundleZoo } from '../../../packages/cli/test/bundle-zoo';
import { CHROMIUM_NOTE, isChromiumAbsent, launchChromium } from '../../../test-support/chromium';
import { temporaryDirectory } from '../../../test-support/temporary-directory';

import {
  download,
  modelOpen,
  namePicture,
  openWebPage,
  pictureClasses,
  serveWebPage,
  train,
  type PictureClass,
  type ServedWebPage,
  type WatchedPage,
} from './served-page';

/** Pictures of each class that are shown to it; as many others are asked afterwards. */
const TAUGHT = 20;

/** One story: each test goes on where the one before has ended. */
describe.skipIf(isChromiumAbsent)(`teaching in the page${CHROMIUM_NOTE}`, () => {
  const place = temporaryDirectory('suite');
  let served: ServedWebPage;
  let browser: Browser;
  let watched: WatchedPage;
  let page: Page;
  let engine: SelectedEngine;
  let classes: readonly PictureClass[];

  beforeAll(async () => {
    served = await serveWebPage(place('site'));
    classes = await pictureClasses(['engineer', 'judge', 'farmer'], 2 * TAUGHT, place());
    engine = await selectEngine({ prefer: 'wasm' });
    browser = await launchChromium();
    watched = await openWebPage(browser, `${served.address}?engine=wasm-threads#teach`);
    ({ page } = watched);
  });
  afterAll(async () => {
    await browser.close();
    await served.close();
    await engine.dispose();
  });

  it('takes pictures into classes, every fifth of them held out', async () => {
    await page.click('#add-class');
    for (const [index, { name, files }] of classes.entries()) {
      await page.locator('.class-head input').nth(index).fill(name);
      await page.locator('.class-head input').nth(index).blur();
      const input = page.locator('.class').nth(index).locator('input[type=file]');
      await input.setInputFiles(files.slice(0, TAUGHT));
      await page.waitForFunction(
        (count) => document.querySelectorAll('.thumb').length === count,
        TAUGHT * (index + 1),
      );
    }
    expect(await page.locator('.thumb.held-out').count()).toBe(12);
  });

  it('refuses a file that is no picture, and keeps the others', async () => {
    const files = [
      { name: 'page.svg', mimeType: 'image/svg+xml', buffer: Buffer.from('<svg><script>1</script></svg>') },
    ];
    await page.locator('.class').first().locator('input[type=file]').setInputFiles(files);
    await page.locator('.notice', { hasText: 'page.svg' }).waitFor();
    expect(await page.locator('.thumb').count()).toBe(3 * TAUGHT);
  });

  it('learns three classes from 60 pictures, and names 95 % of 60 others right, as Node does from the .h5', async () => {
    await train(page);
    const file = await download(page, '.h5', place());
    const classifier = await openClassifier(file);
    const right = await Promise.all(
      classes.map(async ({ name, files }) => {
        const answers = await classifier.classify(files.slice(TAUGHT));
        return answers.filter(([best]) => best!.className === name).length;
      }),
    );
    expect(right.reduce((sum, count) => sum + count, 0) / (3 * TAUGHT)).toBeGreaterThanOrEqual(0.95);
    await page.click('#use-lesson');
    await page.locator('#model-name', { hasText: 'Lesson 1' }).waitFor();
    await modelOpen(page);
    for (const { files } of classes) {
      const [expected] = await classifier.classify([files[TAUGHT]!]);
      const answers = await namePicture(page, files[TAUGHT]!);
      expect(answers.map(({ className }) => className)).toEqual(expected!.map(({ className }) => className));
      answers.forEach(({ probability }, index) => {
        expect(Math.abs(probability - expected![index]!.probability)).toBeLessThan(1e-3);
      });
    }
    classifier.dispose();
  });

  it('hands the same network out as .keras, .safetensors and .onnx', async () => {
    await page.click('nav a[href="#teach"]');
    const asked = classes[1]!.files.slice(-3);
    const whole = await openModel(place('taught-1.h5'));
    const onnx = Buffer.from(await (await encodeModelFile(whole, 'model.onnx')).arrayBuffer());
    whole.dispose();
    expect((await readFile(await download(page, '.onnx', place()))).equals(onnx)).toBe(true);
    const answers = [];
    for (const ending of ['.h5', '.keras', '.safetensors']) {
      const classifier = await openClassifier(await download(page, ending, place()));
      answers.push(await classifier.classify(asked));
      classifier.dispose();
    }
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  });

  it('hands it out as a folder in TensorFlow.js’ format, which zoo predict takes', async () => {
    const picture = classes[1]!.files.at(-1)!;
    const whole = await openClassifier(place('taught-1.h5'));
    const expected = await whole.classify(picture);
    whole.dispose();
    const archive = unzipSync(await readFile(await download(page, '.zip', place())));
    for (const [name, content] of Object.entries(archive)) {
      await mkdir(dirname(place(name)), { recursive: true });
      await writeFile(place(name), content);
    }
    const program = await bundleZoo();
    try {
      const argv = [program, 'predict', place('taught-1'), picture, '--json', '--engine', 'wasm'];
      const { stdout } = await promisify(execFile)(process.execPath, argv);
      const [{ predictions }] = JSON.parse(stdout) as [{ predictions: typeof expected }];
      expect(predictions.map(({ className }) => className)).toEqual(
        expected.map(({ className }) => className),
      );
      predictions.forEach(({ probability }, index) => {
        expect(Math.abs(probability - expected[index]!.probability)).toBeLessThan(1e-5);
      });
    } finally {
      await rm(program);
    }
  });

  it('shows the project of the last visit', async () => {
    const figure = await page.textContent('#result-figure');
    await page.reload();
    await page.waitForFunction((count) => document.querySelectorAll('.thumb').length === count, 3 * TAUGHT);
    expect(
      await page
        .locator('.class-head input')
        .evaluateAll((inputs) => inputs.map((input) => (input as HTMLInputElement).value)),
    ).toEqual(classes.map(({ name }) => name));
    expect(await page.textContent('#result-figure')).toBe(figure);
    await modelOpen(page);
  });

  it('trains the last stage, too, sets the lessons side by side, and takes one back', async () => {
    await page.check('[value=lastStage]');
    await page.fill('#epochs', '1');
    await train(page);
    expect(await page.locator('#lessons tbody tr').count()).toBe(2);
    expect(await page.locator('#lessons tbody tr').nth(1).textContent()).toContain('Last stage');
    expect(await page.locator('#curves svg').first().getAttribute('aria-label')).toMatch(
      /^Accuracy after epoch 1: trained on .* %, held out/,
    );
    await page.getByRole('button', { name: 'Undo the last lesson' }).click();
    expect(await page.locator('#lessons tbody tr').count()).toBe(1);
  });

  it('stops when it is told to, and keeps the lesson before', async () => {
    await page.check('[value=everything]');
    await page.fill('#epochs', '500');
    await page.click('#train');
    await page.locator('#lesson-state', { hasText: 'Epoch 1 ' }).waitFor();
    await page.click('#stop');
    await page.locator('#lesson-state', { hasText: 'Stopped' }).waitFor();
    expect(await page.locator('#lessons tbody tr').count()).toBe(1);
    expect(watched.complaints).toEqual([]);
    expect(tf.memory().numTensors).toBe(0);
  });
});
