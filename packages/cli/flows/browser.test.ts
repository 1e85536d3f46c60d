import { readdir, readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

import { describe, expect, it } from 'vitest';

import { bundlePage, CHROMIUM_NOTE, isChromiumAbsent, launchChromium } from '../../../test-support/chromium';
import { servePage } from '../../../test-support/serve-page';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import type { classifyPage } from '../../classify/browser/page';

import { expectEqualAnswers, predicted, writePictures, zoo } from './support';

/** A run of `zoo train`, put beside a page as it is: the page answers as `zoo predict` does. */

const COLORS = { cat: [190, 110, 90], dog: [90, 110, 190], fox: [110, 170, 110] } as const;

const place = temporaryDirectory('suite');

describe.skipIf(isChromiumAbsent)(`a run in a page${CHROMIUM_NOTE}`, () => {
  it('answers as in zoo predict', async () => {
    await writePictures(place('pictures'), COLORS, 8);
    const network = ['--model', 'resnet20', '--image-size', '32', '--epochs', '2', '--batch-size', '8'];
    await zoo('train', place('pictures'), '--output', place('run'), ...network, '--engine', 'wasm');
    const picture = place('pictures', 'fox', '0.png');
    const expected = await predicted(place('run'), picture);

    const files = new Map<string, Uint8Array>([['picture.png', await readFile(picture)]]);
    for (const name of await readdir(place('run'), { recursive: true, withFileTypes: true })) {
      if (!name.isFile()) continue;
      const path = join(name.parentPath, name.name);
      files.set(path.slice(place().length + 1), await readFile(path));
    }
    const page = resolve(import.meta.dirname, '../../classify/browser/page.ts');
    const bundle = await bundlePage(page, { outdir: 'out', splitting: true, format: 'esm' });
    for (const { path, contents } of bundle) files.set(basename(path), contents);
    const served = await servePage(files, { script: 'page.js', isIsolated: false });
    const browser = await launchChromium();
    try {
      const tab = await browser.newPage();
      await tab.goto(served.address);
      await tab.waitForFunction('typeof classifyPage === "object"');
      const { answers }: Awaited<ReturnType<typeof classifyPage.classify>> = await tab.evaluate(
        `classifyPage.classify(new URL('run/', location.href).href, 'picture.png')`,
      );
      expect(answers).toHaveLength(6);
      for (const answer of answers) {
        const values = Object.fromEntries(
          answer.map(({ className, probability }) => [className, probability]),
        );
        expectEqualAnswers(values, expected, 1e-5);
      }
    } finally {
      await browser.close();
      await served.close();
    }
  });
});
