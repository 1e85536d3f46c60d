import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs-core';
import { DEFAULT_PREPROCESSING, modelMetadata, PIXEL_NORMALIZATIONS, setModelMetadata } from '@zoo/core';
import { cifarResnet } from '@zoo/resnet';
import { saveKerasH5, saveLayersModel, saveSafetensors } from '@zoo/weights/node';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { bundlePage, CHROMIUM_NOTE, isChromiumAbsent, launchChromium } from '../../../test-support/chromium';
import { servePage, type ServedPage } from '../../../test-support/serve-page';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { openClassifier, type ClassProbability } from '../src';

import type { classifyPage } from './page';

describe.skipIf(isChromiumAbsent)(`classifying in a browser${CHROMIUM_NOTE}`, () => {
  let browser: Browser;
  let page: Page;
  let served: ServedPage;
  const place = temporaryDirectory('suite');
  let expected: ClassProbability[];

  beforeAll(async () => {
    await tf.setBackend('cpu');
    const model = cifarResnet(20, { classes: 3, inputShape: [16, 16, 3], seed: 1 });
    setModelMetadata(model, {
      ...modelMetadata(model),
      classNames: ['cook', 'judge', 'pilot'],
      preprocessing: {
        ...DEFAULT_PREPROCESSING,
        imageSize: [16, 16],
        normalization: PIXEL_NORMALIZATIONS.torch,
      },
    });
    await saveLayersModel(model, place('model'));
    await saveKerasH5(model, place('model.h5'));
    await saveSafetensors(model, place('model.safetensors'));
    model.dispose();
    const pixels = Uint8Array.from({ length: 20 * 30 * 3 }, (_, at) => (at * 7 + ((at * at) % 97)) % 256);
    await sharp(pixels, { raw: { width: 30, height: 20, channels: 3 } })
      .png()
      .toFile(place('picture.png'));
    const classifier = await openClassifier(place('model'));
    expected = await classifier.classify(place('picture.png'));
    classifier.dispose();
    const files = new Map<string, Uint8Array>();
    for (const name of ['model.h5', 'model.safetensors', 'picture.png']) {
      files.set(name, await readFile(place(name)));
    }
    for (const name of await readdir(place('model'))) {
      files.set(`model/${name}`, await readFile(place('model', name)));
    }
    files.set('page.svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'));
    const bundle = await bundlePage(fileURLToPath(new URL('page.ts', import.meta.url)), {
      outdir: 'out',
      splitting: true,
      format: 'esm',
    });
    for (const { path, contents } of bundle) files.set(basename(path), contents);
    served = await servePage(files, { script: 'page.js', isIsolated: false });
    browser = await launchChromium();
    page = await browser.newPage();
    await page.goto(served.address);
    await page.waitForFunction('typeof classifyPage === "object"');
  });
  afterAll(async () => {
    await browser.close();
    await served.close();
  });

  it.each(['model/', 'model/model.json', 'model.h5', 'model.safetensors'])(
    'answers as Node does, whatever form the picture has: %s',
    async (name) => {
      const { answers, tensors }: Awaited<ReturnType<typeof classifyPage.classify>> = await page.evaluate(
        `classifyPage.classify(new URL('${name}', location.href).href, 'picture.png')`,
      );
      expect(answers).toHaveLength(6);
      for (const answer of answers) {
        expect(answer.map(({ className }) => className)).toEqual(expected.map(({ className }) => className));
        answer.forEach(({ probability }, i) => expect(probability).toBeCloseTo(expected[i]!.probability, 5));
      }
      expect(tensors).toBe(0);
    },
  );

  it('says what is wrong with what is no picture, and runs none of it', async () => {
    const message: string = await page.evaluate(`classifyPage.refuse(location.href + 'model/', 'page.svg')`);
    expect(message).toMatch(/page\.svg/);
  });
});
