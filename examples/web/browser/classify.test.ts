import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';

import type * as tfl from '@tensorflow/tfjs-layers';
import { openClassifier, type ClassProbability } from '@zoo/classify';
import { DEFAULT_PREPROCESSING, modelMetadata, PIXEL_NORMALIZATIONS, setModelMetadata } from '@zoo/core';
import { selectEngine } from '@zoo/engine';
import { idenprofWeights } from '@zoo/idenprof';
import { cifarResnet } from '@zoo/resnet';
import { encodeModelFile } from '@zoo/weights';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { CHROMIUM_NOTE, isChromiumAbsent, launchChromium } from '../../../test-support/chromium';
import { temporaryDirectory } from '../../../test-support/temporary-directory';

import {
  answersOf,
  modelOpen,
  namePicture,
  openWebPage,
  pictureClasses,
  serveWebPage,
  type ServedWebPage,
  type WatchedPage,
} from './served-page';

const PROFESSIONS = [
  ...['chef', 'doctor', 'engineer', 'farmer', 'firefighter'],
  ...['judge', 'mechanic', 'pilot', 'police', 'waiter'],
];
const MARKUP = '<img src=x onerror="globalThis.wasRun = true">';

describe.skipIf(isChromiumAbsent)(`the page${CHROMIUM_NOTE}`, () => {
  const place = temporaryDirectory('suite');
  let served: ServedWebPage;
  let pictures: string[];
  let expected: ClassProbability[][];
  let model: Buffer;

  beforeAll(async () => {
    served = await serveWebPage(place('site'));
    pictures = (await pictureClasses(PROFESSIONS, 1, place())).flatMap(({ files }) => files);
    const engine = await selectEngine({ prefer: 'wasm', threads: 1 });
    const classifier = await openClassifier(idenprofWeights());
    expected = await classifier.classify(pictures);
    classifier.dispose();
    model = await markupModel();
    await engine.dispose();
  });
  afterAll(async () => served.close());

  it.each([
    { count: 10, choice: 'wasm-threads', renderer: 'none', words: /wasm on \d+ threads?/ },
    { count: 10, choice: 'wasm', renderer: 'none', words: /wasm on 1 thread/ },
    { count: 10, choice: 'webgl', renderer: 'software', words: /WebGL/ },
    // All ten hold there too; in software they would take a minute more of CI.
    { count: 2, choice: 'webgpu', renderer: 'software WebGPU', words: /WebGPU/ },
  ] as const)(
    'names $count held-out pictures on $choice as Node does',
    async ({ count, choice, renderer, words }) => {
      const browser = await launchChromium(renderer);
      try {
        const { page, complaints } = await openWebPage(browser, `${served.address}?engine=${choice}`);
        expect(await page.textContent('#engine-facts')).toMatch(words);
        for (const [index, picture] of pictures.slice(0, count).entries()) {
          const answers = await namePicture(page, picture);
          expect(answers[0]!.className).toBe(expected[index]![0]!.className);
          for (const { className, probability } of answers) {
            const own = expected[index]!.find((each) => each.className === className);
            if (own !== undefined) expect(Math.abs(probability - own.probability)).toBeLessThan(1e-3);
          }
        }
        expect(await page.textContent('#timing')).toMatch(/Answered in .*s, read in .*s/);
        expect(
          complaints.filter((words) => !/GPU stall|WebGPU is experimental|powerPreference/.test(words)),
        ).toEqual([]);
      } finally {
        await browser.close();
      }
    },
  );

  describe('on wasm', () => {
    let browser: Browser;
    let watched: WatchedPage;
    beforeAll(async () => {
      browser = await launchChromium();
      watched = await openWebPage(browser, `${served.address}?engine=wasm`);
    });
    afterAll(async () => browser.close());

    it('lays a heat map over the picture as strongly as the slider says', async () => {
      const { page } = watched;
      await namePicture(page, pictures[4]!);
      await page.fill('#heat-strength', '40');
      await page.locator('#heat').waitFor();
      expect(await page.locator('#heat').evaluate((canvas: HTMLElement) => canvas.style.opacity)).toBe('0.4');
      expect(await page.textContent('#heat-note')).toContain((await answersOf(page))[0]!.className);
      await page.fill('#heat-strength', '0');
    });

    it.each([
      [
        'an SVG with a script',
        'page.svg',
        'image/svg+xml',
        '<svg xmlns="http://www.w3.org/2000/svg"><script>wasRun = 1</script></svg>',
      ],
      ['a text', 'text.jpg', 'image/jpeg', 'No picture at all.'],
      ['a picture that says to be huge', 'huge.png', 'image/png', hugePng().toString('latin1')],
      ['a picture cut short', 'short.jpg', 'image/jpeg', '\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01'],
    ])('says what is wrong with %s, and goes on', async (_, name, mimeType, content) => {
      const { page } = watched;
      await page.setInputFiles('#picture-file', { name, mimeType, buffer: Buffer.from(content, 'latin1') });
      await page.locator('.notice').waitFor();
      expect(await page.textContent('.notice')).toContain(name);
      expect(await page.evaluate('globalThis.wasRun')).toBeUndefined();
      const answers = await namePicture(page, pictures[0]!);
      expect(answers[0]!.className).toBe(expected[0]![0]!.className);
      expect(await page.locator('.notice').count()).toBe(0);
    });

    it('says what is wrong with a broken model, and keeps the one that is open', async () => {
      const { page } = watched;
      const buffer = Buffer.concat([Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'), Buffer.alloc(200, 7)]);
      await page.setInputFiles('#model-file', { name: 'broken.h5', mimeType: '', buffer });
      await page.locator('.notice').waitFor();
      expect(await page.textContent('.notice')).toContain('broken.h5');
      expect(await page.textContent('#model-name')).toBe('Professions');
      const answers = await namePicture(page, pictures[1]!);
      expect(answers[0]!.className).toBe(expected[1]![0]!.className);
    });

    it('opens a model that is dropped on it, and shows class names with markup as texts', async () => {
      const { page, complaints } = watched;
      await namePicture(page, pictures[0]!);
      const transfer = await page.evaluateHandle((bytes) => {
        const moved = new DataTransfer();
        moved.items.add(new File([Uint8Array.from(atob(bytes), (sign) => sign.charCodeAt(0))], 'markup.h5'));
        return moved;
      }, model.toString('base64'));
      await page.dispatchEvent('#stage', 'drop', { dataTransfer: transfer });
      await page.locator('#model-name', { hasText: 'markup.h5' }).waitFor();
      await page.locator('.answer', { hasText: MARKUP }).waitFor();
      expect(await page.locator('#answer img').count()).toBe(0);
      expect(await page.evaluate('globalThis.wasRun')).toBeUndefined();
      expect(complaints).toEqual([]);
    });

    it('opens a model at an address, with progress, and goes back to the professions', async () => {
      const { page } = watched;
      const server = createServer((_, response) => {
        response.writeHead(200, {
          'Access-Control-Allow-Origin': '*',
          'Content-Length': model.length,
        });
        response.end(model);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      await page.fill('#model-address', `http://127.0.0.1:${port}/there/pets.h5`);
      await page.press('#model-address', 'Enter');
      await page.locator('#model-name', { hasText: 'pets.h5' }).waitFor();
      expect(
        await page.locator('#model-progress').evaluate((bar: HTMLProgressElement) => bar.value),
      ).toBeGreaterThan(0);
      server.closeAllConnections();
      server.close();
      await page.click('#model-professions');
      await page.locator('#model-name', { hasText: 'Professions' }).waitFor();
    });

    it('names the picture that was chosen last, though the engine changes before it is answered', async () => {
      const { page } = watched;
      await namePicture(page, pictures[1]!);
      await page.setInputFiles('#picture-file', pictures[5]!);
      await page.selectOption('#engine', 'wasm-threads');
      await page.locator(`#picture[aria-label$="${basename(pictures[5]!)}"]`).waitFor();
      await modelOpen(page);
      expect((await answersOf(page))[0]!.className).toBe(expected[5]![0]!.className);
      await page.selectOption('#engine', 'wasm');
      await modelOpen(page);
    });

    it('takes another engine and names the picture again', async () => {
      const { page } = watched;
      await namePicture(page, pictures[5]!);
      await page.evaluate(() => document.getElementById('answer')!.replaceChildren());
      await page.selectOption('#engine', 'wasm-threads');
      await page.locator('.answer').first().waitFor();
      await modelOpen(page);
      expect((await answersOf(page))[0]!.className).toBe(expected[5]![0]!.className);
      expect(watched.complaints).toEqual([]);
    });

    it('says so where an engine is not here, and takes the best that is', async () => {
      const { page } = watched;
      await page.selectOption('#engine', 'webgpu');
      await page.locator('.notice', { hasText: 'webgpu' }).waitFor();
      await modelOpen(page);
      expect(await page.inputValue('#engine')).toBe('auto');
    });
  });
});

/** A small network with class names that are markup, as `.h5`. */
async function markupModel(): Promise<Buffer> {
  const network: tfl.LayersModel = cifarResnet(20, { classes: 3, inputShape: [16, 16, 3], seed: 1 });
  setModelMetadata(network, {
    ...modelMetadata(network),
    classNames: [MARKUP, '</li><script>globalThis.wasRun = true</script>', 'طبيب'],
    preprocessing: {
      ...DEFAULT_PREPROCESSING,
      imageSize: [16, 16],
      normalization: PIXEL_NORMALIZATIONS.torch,
    },
  });
  const bytes = await (await encodeModelFile(network, 'markup.h5')).arrayBuffer();
  network.dispose();
  return Buffer.from(bytes);
}

/** The header of a PNG file of 60,000 by 60,000 pixels. */
function hugePng(): Buffer {
  const header = Buffer.alloc(33);
  header.write('\x89PNG\r\n\x1a\n', 0, 'latin1');
  header.writeUInt32BE(13, 8);
  header.write('IHDR', 12, 'latin1');
  header.writeUInt32BE(60_000, 16);
  header.writeUInt32BE(60_000, 20);
  header.set([8, 2, 0, 0, 0], 24);
  return header;
}
