import fc from 'fast-check';
import { expect, it } from 'vitest';

import { rgbImage } from '../src';
import { decodeImage, encodePng } from '../src/node';

it('a picture that is written as PNG is read again pixel for pixel', async () => {
  const side = fc.integer({ min: 1, max: 9 });
  const images = fc
    .tuple(side, side)
    .chain(([height, width]) =>
      fc
        .uint8Array({ minLength: height * width * 3, maxLength: height * width * 3 })
        .map((pixels) => rgbImage(height, width, pixels)),
    );
  await fc.assert(
    fc.asyncProperty(images, async (image) => {
      expect(await decodeImage(await encodePng(image))).toEqual(image);
    }),
    { numRuns: 20 },
  );
});
