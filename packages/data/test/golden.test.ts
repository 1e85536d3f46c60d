import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { applyAutoOperation } from '../src/augment/auto-operations';
import {
  adjustBrightness,
  adjustContrast,
  adjustHue,
  adjustSaturation,
  toGrey,
} from '../src/augment/color-operations';
import { blurImage } from '../src/augment/random-gaussian-blur';
import { adjustSharpness, autoContrast, equalize, posterize, solarize } from '../src/augment/tone-operations';
import { affineMatrix } from '../src/image/affine-matrix';
import { transformImage } from '../src/image/transform-image';
import { fitImage, resizeImage, type DecodedImage } from '../src/index';

import { noise, waves } from './support/golden-pictures';

interface Case {
  shape: [height: number, width: number, channels: number];
  kind: 'uint8' | 'float32';
  data: string;
}

const FIXTURE = new URL('./fixtures/pictures.json', import.meta.url);
const cases = JSON.parse(readFileSync(FIXTURE, 'utf8')) as Record<string, Case>;

/** The largest distance from the fixture's values, and how many values are more than 1 away. */
function compare(name: string, image: DecodedImage): { largest: number; far: number } {
  const { shape, kind, data } = cases[name]!;
  expect([image.height, image.width, 3]).toEqual(shape);
  const bytes = Uint8Array.from(Buffer.from(data, 'base64'));
  const expected = kind === 'uint8' ? bytes : new Float32Array(bytes.buffer);
  const distances = Array.from(image.pixels, (value, i) => Math.abs(value - expected[i]!));
  return { largest: Math.max(...distances), far: distances.filter((distance) => distance > 1).length };
}

const sizesOf = (prefix: string) =>
  Object.keys(cases)
    .filter((name) => name.startsWith(`${prefix} `))
    .map((name) => {
      const [height, width] = name.split(' ')[1]!.split('x').map(Number) as [number, number];
      return [name, height, width] as const;
    });

describe('resizing', () => {
  it.each(sizesOf('antialias'))('by antialias equals Pillow bit for bit: %s', (name, height, width) => {
    expect(compare(name, resizeImage(noise(16, 12), [height, width], 'antialias')).largest).toBe(0);
  });

  it.each(
    (['bicubic', 'lanczos', 'hamming', 'box'] as const).flatMap((method) =>
      sizesOf(method).map((sizes) => [method, ...sizes] as const),
    ),
  )('by %s equals Pillow bit for bit: %s', (method, name, height, width) => {
    expect(compare(name, resizeImage(noise(16, 12), [height, width], method)).largest).toBe(0);
  });

  it.each(sizesOf('nearest'))('by nearest equals Pillow bit for bit: %s', (name, height, width) => {
    expect(compare(name, resizeImage(noise(16, 12), [height, width], 'nearest')).largest).toBe(0);
  });

  it.each(sizesOf('bilinear'))('by bilinear equals TensorFlow, rounded: %s', (name, height, width) => {
    const { largest } = compare(name, resizeImage(noise(16, 12), [height, width], 'bilinear'));
    expect(largest).toBeLessThanOrEqual(0.5 + 1e-3);
  });

  it.each(sizesOf('area'))(
    'by area equals TensorFlow, rounded after each pass: %s',
    (name, height, width) => {
      const { largest } = compare(name, resizeImage(noise(16, 12), [height, width], 'area'));
      expect(largest).toBeLessThanOrEqual(1 + 1e-3);
    },
  );

  it.each(sizesOf('crop'))(
    'with aspect crop equals Keras smart_resize, rounded: %s',
    (name, height, width) => {
      const image = fitImage(noise(16, 12), height, width, { resize: 'bilinear', aspect: 'crop' });
      expect(compare(name, image).largest).toBeLessThanOrEqual(0.5 + 1e-3);
    },
  );
});

describe('a picture that is resized and cropped', () => {
  const names = Object.keys(cases).filter((name) => name.startsWith('resizeCrop'));

  it.each(names)("equals torchvision's Resize and CenterCrop bit for bit: %s", (name) => {
    const [, shape, size, cropFraction] = name.split(' ') as [string, string, string, string];
    const [height, width] = shape.split('x').map(Number) as [number, number];
    const options = { aspect: 'resizeCrop', cropFraction: Number(cropFraction) } as const;
    const image = fitImage(noise(height, width), Number(size), Number(size), options);
    expect(compare(name, image).largest).toBe(0);
  });
});

describe('changes of colour and tone', () => {
  const CHANGES: Record<string, (image: DecodedImage, value: number) => DecodedImage> = {
    brightness: adjustBrightness,
    contrast: adjustContrast,
    saturation: adjustSaturation,
    sharpness: adjustSharpness,
    posterize,
    solarize,
    hue: adjustHue,
    grey: toGrey,
  };
  // Float32 in torchvision, double here: a value on a whole number may fall to either side.
  const names = Object.keys(cases).filter((name) => name.split(' ')[0]! in CHANGES);

  it.each(names)('equal torchvision to one level: %s', (name) => {
    const [change, value] = name.split(' ') as [string, string?];
    const { largest } = compare(name, CHANGES[change]!(noise(9, 8), Number(value)));
    expect(largest).toBeLessThanOrEqual(1);
  });

  it('equal torchvision to one level: autoContrast and equalize', () => {
    const dull = noise(9, 8);
    dull.pixels.forEach((value, i) => (dull.pixels[i] = Math.floor(value / 3) + 40));
    expect(compare('autoContrast', autoContrast(dull)).largest).toBeLessThanOrEqual(1);
    const large = waves(36, 24);
    large.pixels.forEach((value, i) => (large.pixels[i] = value >> 1));
    expect(compare('equalize', equalize(large)).largest).toBe(0);
  });

  it.each([
    [3, 0.5],
    [5, 1.3],
  ])('equal torchvision to one level: blur of kernel %i and sigma %f', (size, sigma) => {
    expect(compare(`blur ${size} ${sigma}`, blurImage(noise(9, 8), size, sigma)).largest).toBeLessThanOrEqual(
      1,
    );
  });
});

describe('affine changes', () => {
  const PARTS = [
    { rotation: 30 },
    { rotation: -77, shift: [2, -3], scale: 1.3, shear: [11, 0] },
    { scale: 0.6, shear: [-20, 15] },
    { rotation: 180, shift: [1, 0] },
  ] as const;

  it.each(
    PARTS.flatMap((parts, index) => [
      [index, 'nearest', parts] as const,
      [index, 'bilinear', parts] as const,
    ]),
  )('equal torchvision but for ties: case %i by %s', (index, interpolation, parts) => {
    const image = waves(14, 11);
    const moved = transformImage(image, affineMatrix(parts, [5, 6.5]), {
      fill: 'constant',
      color: interpolation === 'nearest' ? [10, 20, 30] : [0, 0, 0],
      interpolation,
    });
    const { largest, far } = compare(`affine ${index} ${interpolation}`, moved);
    // Nearest: a position half way between two pixels may go to either in float32.
    if (interpolation === 'nearest') expect(far).toBeLessThanOrEqual(0.01 * image.pixels.length);
    else expect(largest).toBeLessThanOrEqual(1);
  });
});

describe('applyAutoOperation', () => {
  it('changes nothing at level 0, but for operations that have no level', () => {
    const strengths = { shear: 0.3, translate: () => 32, rotate: 30, enhance: 0.9, posterize: () => 8 };
    const fill = { fill: 'constant', color: [0, 0, 0], interpolation: 'nearest' } as const;
    for (const operation of [
      'identity',
      'shearX',
      'shearY',
      'translateX',
      'translateY',
      'rotate',
      'brightness',
    ] as const) {
      const image = applyAutoOperation(waves(8, 8), operation, 0, strengths, fill);
      expect([...image.pixels], operation).toEqual([...waves(8, 8).pixels]);
    }
  });
});
