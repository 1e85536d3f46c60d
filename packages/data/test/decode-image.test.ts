import { isZooError } from '@zoo/core';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';

import { decodeImage } from '../src/node';

import { largestDifference, noise, png, slopes } from './support/pictures';

const raw = (height: number, width: number, channels: 1 | 2 | 3 | 4, values: ArrayLike<number>) =>
  sharp(Uint8Array.from(values), { raw: { height, width, channels } });

const jpegOf = (image = slopes(40, 60)) =>
  sharp(image.pixels, { raw: { height: image.height, width: image.width, channels: 3 } }).jpeg({
    quality: 95,
    chromaSubsampling: '4:4:4',
  });

describe('decodeImage', () => {
  it('reads JPEG, baseline and progressive, to a few levels of what was written', async () => {
    for (const progressive of [false, true]) {
      const bytes = await jpegOf().jpeg({ quality: 95, progressive, chromaSubsampling: '4:4:4' }).toBuffer();
      const image = await decodeImage(bytes);
      expect([image.height, image.width, image.channels]).toEqual([40, 60, 3]);
      expect(largestDifference(image, slopes(40, 60))).toBeLessThanOrEqual(8);
    }
  });

  it('reads grey and CMYK JPEG as RGB', async () => {
    const grey = await raw(8, 8, 1, new Array(64).fill(100)).jpeg({ quality: 100 }).toBuffer();
    const greyImage = await decodeImage(grey);
    expect(greyImage.pixels.every((value) => Math.abs(value - 100) <= 1)).toBe(true);
    const cmyk = await raw(
      16,
      16,
      3,
      Array.from({ length: 768 }, (_, i) => [200, 40, 40][i % 3]!),
    )
      .toColourspace('cmyk')
      .jpeg({ quality: 100 })
      .toBuffer();
    const [red, green, blue] = (await decodeImage(cmyk)).pixels;
    expect(red! > 150 && green! < 110 && blue! < 110, `${red} ${green} ${blue}`).toBe(true);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('turns a JPEG of EXIF orientation %i upright', async (orientation) => {
    const bytes = await jpegOf().withMetadata({ orientation }).toBuffer();
    const upright = await sharp(bytes).autoOrient().raw().toBuffer({ resolveWithObject: true });
    const image = await decodeImage(bytes);
    const { height, width } = upright.info;
    expect(
      largestDifference(image, { pixels: new Uint8Array(upright.data), height, width, channels: 3 }),
    ).toBeLessThanOrEqual(4);
  });

  it('lays transparent pixels of a PNG over white, or over the colour asked for', async () => {
    const bytes = await raw(1, 3, 4, [10, 20, 30, 0, 10, 20, 30, 255, 100, 100, 100, 51]).png().toBuffer();
    const onWhite = await decodeImage(bytes);
    expect([...onWhite.pixels]).toEqual([255, 255, 255, 10, 20, 30, 224, 224, 224]);
    const onRed = await decodeImage(bytes, { background: [255, 0, 0] });
    expect([...onRed.pixels]).toEqual([255, 0, 0, 10, 20, 30, 224, 20, 20]);
  });

  it('reads grey, palette, 1-bit, 16-bit and interlaced PNG as RGB', async () => {
    const grey = await raw(1, 2, 1, [7, 200]).toColourspace('b-w').png().toBuffer();
    expect([...(await decodeImage(grey)).pixels]).toEqual([7, 7, 7, 200, 200, 200]);
    const greyAlpha = await raw(1, 2, 2, [7, 255, 200, 0]).png().toBuffer();
    expect([...(await decodeImage(greyAlpha)).pixels]).toEqual([7, 7, 7, 255, 255, 255]);
    const colors = [255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9];
    const palette = await raw(2, 2, 3, colors).png({ palette: true, colours: 4, dither: 0 }).toBuffer();
    expect(palette[25]).toBe(3);
    const fromPalette = await decodeImage(palette);
    expect(
      Math.max(...fromPalette.pixels.map((value, i) => Math.abs(value - colors[i]!))),
    ).toBeLessThanOrEqual(2);
    const deep = await sharp(Uint16Array.from([0x1234, 0xabff, 0xff00]), {
      raw: { height: 1, width: 1, channels: 3 },
    })
      .toColourspace('rgb16')
      .png()
      .toBuffer();
    expect(deep[24]).toBe(16);
    expect([...(await decodeImage(deep)).pixels]).toEqual([0x12, 0xab, 0xff]);
    const interlaced = await raw(9, 11, 3, noise(9, 11).pixels).png({ progressive: true }).toBuffer();
    expect(largestDifference(await decodeImage(interlaced), noise(9, 11))).toBe(0);
  });

  it('refuses a picture cut short anywhere, by its name', async () => {
    const files = [await jpegOf(noise(24, 24)).toBuffer(), Buffer.from(png(noise(24, 24)))];
    for (const whole of files) {
      for (const share of [0, 0.02, 0.3, 0.6, 0.9, 0.999]) {
        const part = whole.subarray(0, Math.floor(whole.length * share));
        const error: unknown = await decodeImage(part, { source: 'chef/7.jpg' }).catch((e: unknown) => e);
        expect(isZooError(error, 'invalid-file')).toBe(true);
        expect((error as Error).message).toMatch(/^Expected chef\/7\.jpg to be a whole picture but /);
      }
    }
  });

  it('either decodes a damaged picture to its full size or refuses it with a typed error', async () => {
    const files = [await jpegOf(noise(24, 24)).toBuffer(), Buffer.from(png(noise(24, 24)))];
    const damage = fc.record({
      file: fc.constantFrom(...files),
      at: fc.double({ min: 0, max: 0.999, noNaN: true }),
      value: fc.integer({ min: 0, max: 255 }),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ file, at, value }) => {
        const bytes = Buffer.from(file);
        bytes[Math.floor(at * bytes.length)] = value;
        try {
          const { pixels, height, width } = await decodeImage(bytes, { pixelLimit: 1_000_000 });
          expect(pixels.length).toBe(height * width * 3);
        } catch (error) {
          if (!isZooError(error, 'invalid-file')) throw error;
        }
      }),
      { numRuns: 200, seed: 7 },
    );
  });
});

describe('decodeImage refuses or bounds', () => {
  it.each([
    ['text', Buffer.from('not a picture at all')],
    ['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['Thumbs.db', Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1])],
  ])('refuses %s', async (_, bytes) => {
    await expect(decodeImage(bytes)).rejects.toThrow(/but its content is of another kind\. Replace the file/);
  });

  it('refuses a PNG whose content fails its checksum', async () => {
    const bytes = png(noise(24, 24));
    bytes[bytes.length - 30]! ^= 1;
    await expect(decodeImage(bytes)).rejects.toSatisfy((e) => isZooError(e, 'invalid-file'));
  });

  it('refuses a header that promises more pixels than the limit before anything is decoded', async () => {
    const bytes = png(noise(4, 4));
    new DataView(bytes.buffer).setUint32(16, 100_000);
    new DataView(bytes.buffer).setUint32(20, 100_000);
    await expect(decodeImage(bytes)).rejects.toThrow(
      /100000 x 100000 pixels, more than the limit of 100000000/,
    );
  });

  it('gives pixels that share no memory with the bytes of the file', async () => {
    const bytes = png(slopes(8, 8));
    const image = await decodeImage(bytes);
    bytes.fill(0);
    expect(largestDifference(image, slopes(8, 8))).toBe(0);
  });

  it.each([
    [{ background: [0, 0, 300] }, /`options.background`/],
    [{ pixelLimit: 0 }, /`options.pixelLimit`/],
    [{ convention: 'pilow' }, /Did you mean 'pillow'/],
    [{ decoder: 'sharp' }, /`options`/],
  ])('refuses the options %j', async (options, message) => {
    await expect(decodeImage(png(slopes(2, 2)), options as never)).rejects.toThrow(message);
  });
});
