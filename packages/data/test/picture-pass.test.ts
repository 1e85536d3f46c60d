import { PIXEL_NORMALIZATIONS, type ColorMode, type PixelNormalization } from '@zoo/core';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';

import { canDraft } from '../src/augment/draft-steps';
import { applySteps, type ImageStep } from '../src/augment/image-step';
import { pictureWriter } from '../src/batches/normalize-pixels';
import { pixelsProgram, valuesPrograms } from '../src/batches/picture-pass';
import { copyImage } from '../src/image/decoded-image';
import { readImageHeader } from '../src/image/image-header';
import { decodeBaselineJpeg, smallJpeg } from '../src/image/jpeg/decode-baseline-jpeg';
import { runProgram } from '../src/image/picture-kernels';
import { TAPS_METHODS } from '../src/image/resample-taps';

import { noise, slopes } from './support/pictures';

const SIZE = fc.record({ height: fc.integer({ min: 5, max: 90 }), width: fc.integer({ min: 5, max: 90 }) });

/** Part of a length: from which of its places on, and how many. */
const part = (length: number) =>
  fc
    .tuple(fc.integer({ min: 0, max: length - 1 }), fc.integer({ min: 1, max: length }))
    .map(([start, count]) => ({ start, count: Math.min(count, length - start) }));

function resizeOf({ height, width }: { height: number; width: number }): fc.Arbitrary<ImageStep> {
  const method = fc.constantFrom(...TAPS_METHODS);
  return fc
    .tuple(part(height), part(width), SIZE, method, fc.boolean())
    .map(([rows, columns, to, method, isCrop]) => {
      const region = { top: rows.start, left: columns.start, height: rows.count, width: columns.count };
      return {
        kind: 'resize',
        region,
        ...(isCrop ? { height: rows.count, width: columns.count } : to),
        method,
      };
    });
}

const CHANGE: fc.Arbitrary<ImageStep> = fc.oneof(
  fc.record({ kind: fc.constant('flip'), axis: fc.constantFrom('horizontal', 'vertical') }),
  fc.record({
    kind: fc.constantFrom('brightness', 'contrast', 'saturation'),
    amount: fc.double({ min: 0, max: 2.5, noNaN: true }),
  }),
  fc.record({ kind: fc.constant('hue'), amount: fc.double({ min: -0.5, max: 0.5, noNaN: true }) }),
);

/** Sizes, a crop, changes, and perhaps another crop and more changes. */
const PLAN = SIZE.chain((size) =>
  resizeOf(size).chain((first) => {
    const after = first.kind === 'resize' ? first : size;
    const changes = fc.array(CHANGE, { maxLength: 3 });
    return fc.record({
      size: fc.constant(size),
      seed: fc.nat(1000),
      steps: fc
        .tuple(changes, fc.option(resizeOf(after)), changes)
        .map(([some, second, more]) => [first, ...some, ...(second ? [second] : []), ...more]),
    });
  }),
);

/** Some as the decoder meets them: noise, in which everything shows, and slopes. */
const pictureOf = ({ height, width }: { height: number; width: number }, seed: number) =>
  seed % 2 === 0 ? noise(height, width, seed) : slopes(height, width);

describe('the pass from a picture to its values', () => {
  const OWN = {
    ...PIXEL_NORMALIZATIONS.torch,
    mean: [0.4, 0.4, 0.4],
    standardDeviation: [0.23, 0.23, 0.23],
  } as const;

  it('computes values by factors for the usual normalizations, and looks up those that these miss', () => {
    const kernelsOf = (normalization: PixelNormalization, width: number) =>
      valuesPrograms('rgb', normalization)(noise(4, width), []).calls.map(({ kernel }) => kernel);
    for (const usual of Object.values(PIXEL_NORMALIZATIONS)) {
      expect(kernelsOf(usual, 8)).toEqual(['scaleColors']);
    }
    expect(kernelsOf(OWN, 8)).toEqual(['writeColors']);
    expect(kernelsOf(PIXEL_NORMALIZATIONS.torch, 7)).toEqual(['writeColors']);
  });

  it.each<[ColorMode, string, PixelNormalization]>([
    ['rgb', 'tf', PIXEL_NORMALIZATIONS.tf],
    ['rgb', 'caffe', PIXEL_NORMALIZATIONS.caffe],
    ['rgb', 'torch', PIXEL_NORMALIZATIONS.torch],
    ['rgb', 'looked up', OWN],
    ['grayscale', 'scale', PIXEL_NORMALIZATIONS.scale],
  ])('gives in %s, %s the values of the plain path, bit for bit', (colorMode, _, normalization) => {
    const programOf = valuesPrograms(colorMode, normalization);
    const { write, channels } = pictureWriter(colorMode, normalization, 'normalization');
    fc.assert(
      fc.property(PLAN, ({ size, seed, steps }) => {
        const picture = pictureOf(size, seed);
        const plain = applySteps(copyImage(picture), steps);
        const expected = new Float32Array(plain.height * plain.width * channels);
        write(plain, expected, 0);
        const values = runProgram(programOf(picture, steps))!.slice();
        expect(Buffer.compare(values, new Uint8Array(expected.buffer))).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('decodes of a JPEG what the first step leaves over, in the pixels of the whole picture', async () => {
    const property = fc.asyncProperty(
      PLAN,
      fc.constantFrom('4:4:4', '4:2:0'),
      fc.boolean(),
      async ({ size, seed, steps }, chromaSubsampling, isGrey) => {
        const { pixels, height, width } = pictureOf(size, seed);
        let encoder = sharp(pixels, { raw: { height, width, channels: 3 } });
        if (isGrey) encoder = encoder.greyscale();
        const bytes = new Uint8Array(await encoder.jpeg({ chromaSubsampling, quality: 90 }).toBuffer());
        const jpeg = smallJpeg(bytes, readImageHeader(bytes, 'test'))!;
        const plain = applySteps(decodeBaselineJpeg(bytes)!, steps);
        expect(Buffer.compare(runProgram(pixelsProgram(jpeg, steps))!, plain.pixels)).toBe(0);
      },
    );
    await fc.assert(property, { numRuns: 80 });
  });

  it('finds damage behind the part that is left over', async () => {
    const { pixels } = noise(64, 64);
    const whole = await sharp(pixels, { raw: { height: 64, width: 64, channels: 3 } })
      .jpeg()
      .toBuffer();
    const cut = new Uint8Array(whole.subarray(0, whole.length - 300));
    const jpeg = smallJpeg(cut, readImageHeader(new Uint8Array(whole), 'test'))!;
    const region = { top: 0, left: 0, height: 8, width: 8 };
    const step: ImageStep = { kind: 'resize', region, height: 8, width: 8, method: 'antialias' };
    expect(runProgram(pixelsProgram(jpeg, [step]))).toBeUndefined();
  });

  it('leaves resizing to the nearest pixel to the plain path', () => {
    const region = { top: 0, left: 0, height: 8, width: 8 };
    expect(canDraft([{ kind: 'resize', region, height: 4, width: 4, method: 'nearest' }])).toBe(false);
    expect(canDraft([{ kind: 'resize', region, height: 8, width: 8, method: 'nearest' }])).toBe(true);
  });
});
