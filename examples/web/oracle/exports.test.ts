import { openClassifier } from '@zoo/classify';
import { selectEngine } from '@zoo/engine';
import { describe, expect, it } from 'vitest';

import { CHROMIUM_NOTE, isChromiumAbsent, launchChromium } from '../../../test-support/chromium';
import { isOracleAbsent, ORACLE_NOTE, runOracle } from '../../../test-support/oracle-python';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { download, openWebPage, pictureClasses, serveWebPage, train } from '../browser/served-page';

/** The command line's own check of the files that it writes. */
const SCRIPT = new URL('../../../packages/cli/flows/formats.py', import.meta.url).pathname;
const FORMATS = ['h5', 'keras', 'safetensors', 'onnx'] as const;

describe.skipIf(isChromiumAbsent || isOracleAbsent)(
  `what the page has taught${CHROMIUM_NOTE}${ORACLE_NOTE}`,
  () => {
    const place = temporaryDirectory('suite');

    it('answers in Keras from its .h5, .keras and .safetensors, and in onnxruntime, as in Node', async () => {
      const classes = await pictureClasses(['engineer', 'judge', 'farmer'], 4, place());
      const files: Record<string, string> = {};
      const served = await serveWebPage(place('site'));
      const browser = await launchChromium();
      try {
        const { page } = await openWebPage(browser, `${served.address}?engine=wasm#teach`);
        await page.click('#add-class');
        for (const [index, { name, files: pictures }] of classes.entries()) {
          await page.locator('.class-head input').nth(index).fill(name);
          await page.locator('.class-head input').nth(index).blur();
          const input = page.locator('.class').nth(index).locator('input[type=file]');
          await input.setInputFiles(pictures.slice(0, 3));
          await page.waitForFunction(
            (count) => document.querySelectorAll('.thumb').length === count,
            3 * (index + 1),
          );
        }
        await page.fill('#epochs', '5');
        await train(page);
        for (const format of FORMATS) files[format] = await download(page, `.${format}`, place());
      } finally {
        await browser.close();
        await served.close();
      }
      const picture = classes[1]!.files.at(-1)!;
      const engine = await selectEngine({ prefer: 'wasm', threads: 1 });
      const classifier = await openClassifier(files['h5']!);
      const expected = await classifier.classify(picture);
      classifier.dispose();
      await engine.dispose();
      const job = { picture, ...files };
      const answers = await runOracle<Record<string, Record<string, number>>>(SCRIPT, job, place('job.json'));
      expect(Object.keys(answers).sort()).toEqual([...FORMATS].sort());
      for (const answer of Object.values(answers)) {
        expect(Object.keys(answer)).toHaveLength(classes.length);
        for (const { className, probability } of expected)
          expect(Math.abs(answer[className]! - probability)).toBeLessThan(1e-4);
      }
    });
  },
);
