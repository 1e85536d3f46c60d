import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { bundlePage, CHROMIUM_NOTE, isChromiumAbsent, launchChromium } from '../../../test-support/chromium';
import { rgbImage, type DecodedImage } from '../src/index';
import { decodeImage } from '../src/node';
import { largestDifference, noise, png, slopes } from '../test/support/pictures';

import type { DataPage } from './page';

describe.skipIf(isChromiumAbsent)(`@zoo/data/browser${CHROMIUM_NOTE}`, () => {
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    const [script] = await bundlePage(fileURLToPath(new URL('page.ts', import.meta.url)));
    browser = await launchChromium();
    page = await browser.newPage();
    await page.addScriptTag({ content: script!.text });
  });

  afterAll(async () => browser.close());

  const inPage = <Name extends keyof DataPage>(name: Name, ...values: unknown[]) =>
    page.evaluate(
      `dataPage.${name}(${values.map((value) => JSON.stringify(value)).join(', ')})`,
    ) as ReturnType<DataPage[Name]>;

  const decode = async (bytes: Uint8Array, options = {}): Promise<DecodedImage> => {
    const { pixels, height, width } = await inPage('decode', [...bytes], options);
    return rgbImage(height, width, Uint8Array.from(pixels));
  };

  it('decodes PNG to the same bytes as in Node', async () => {
    expect(largestDifference(await decode(png(noise(9, 13))), noise(9, 13))).toBe(0);
  });

  it('decodes JPEG to a few levels of what Node gives, and turns it upright', async () => {
    const { pixels } = slopes(30, 40);
    const bytes = await sharp(pixels, { raw: { height: 30, width: 40, channels: 3 } })
      .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
      .withMetadata({ orientation: 6 })
      .toBuffer();
    const image = await decode(bytes);
    expect([image.height, image.width]).toEqual([40, 30]);
    expect(largestDifference(image, await decodeImage(bytes))).toBeLessThanOrEqual(8);
  });

  it('decodes the fixtures that browsers know to the bytes of Node, as stored and upright', async () => {
    const different: string[] = [];
    let compared = 0;
    for (const group of ['jpeg', 'png', 'other']) {
      const path = new URL(`../test/fixtures/decode-${group}.json`, import.meta.url);
      const cases = JSON.parse(readFileSync(path, 'utf8')) as Record<
        string,
        { file: string; pillow?: unknown }
      >;
      for (const [name, { file, pillow }] of Object.entries(cases)) {
        // Opacity is compared below; browsers have no TIFF, and scale grey of 16 bits and CMYK in ways of their own.
        if (pillow === undefined || /tif$|alpha|rgba|transparent|deep|cmyk/.test(name)) continue;
        const bytes = Buffer.from(file, 'base64');
        for (const convention of ['pillow', 'upright'] as const) {
          const [here, there] = [
            await decodeImage(bytes, { convention }),
            await decode(bytes, { convention }),
          ];
          compared++;
          if (largestDifference(here, there) > 0)
            different.push(`${name} ${convention} ${largestDifference(here, there)}`);
        }
      }
    }
    expect(different).toEqual([]);
    expect(compared).toBeGreaterThan(80);
  });

  it('lays transparent pixels over white, or over the colour asked for', async () => {
    const bytes = await sharp(Uint8Array.from([10, 20, 30, 0, 10, 20, 30, 255]), {
      raw: { height: 1, width: 2, channels: 4 },
    })
      .png()
      .toBuffer();
    expect([...(await decode(bytes)).pixels]).toEqual([255, 255, 255, 10, 20, 30]);
    expect([...(await decode(bytes, { background: [255, 0, 0] })).pixels]).toEqual([255, 0, 0, 10, 20, 30]);
  });

  it('refuses a picture cut short, of which a browser would show a part, by its name', async () => {
    const whole = await sharp(noise(64, 64).pixels, { raw: { height: 64, width: 64, channels: 3 } })
      .jpeg()
      .toBuffer();
    const refused = await inPage('refuse', [...whole.subarray(0, whole.length / 2)]);
    expect(refused?.isTyped).toBe(true);
    expect(refused?.message).toMatch(/^Expected broken\.jpg to be a whole picture but it ends too early/);
  });

  it('makes batches of a folder that was chosen', async () => {
    const bytes = [...png(slopes(4, 4))];
    const batch = await inPage('batch', [
      { path: 'set/dog/1.png', bytes },
      { path: 'set/cat/deep/1.png', bytes },
      { path: 'set/cat/Thumbs.db', bytes: [1] },
      { path: 'set/.git/1.png', bytes },
      { path: 'set/loose.png', bytes },
    ]);
    expect(batch).toEqual({
      classNames: ['cat', 'dog'],
      sources: ['set/cat/deep/1.png', 'set/dog/1.png'],
      images: [...slopes(4, 4).pixels, ...slopes(4, 4).pixels],
      labels: [1, 0, 0, 1],
    });
  });
});
