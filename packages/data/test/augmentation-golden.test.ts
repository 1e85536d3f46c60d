import { readFileSync } from 'node:fs';

import { createRandom, PIXEL_NORMALIZATIONS } from '@zoo/core';
import { describe, expect, it } from 'vitest';

import { mixImages } from '../src/augment/aug-mix';
import { moveElastically } from '../src/augment/random-elastic';
import { warpCorners, type Corners } from '../src/augment/random-perspective';
import { autoContrast, equalize, posterize, solarize } from '../src/augment/tone-operations';
import { requantizeAsJpeg } from '../src/image/jpeg/requantize';
import { randomErasing, rgbImage, type DecodedImage } from '../src/index';

import { noise, waves } from './support/golden-pictures';

interface Case {
  shape: [height: number, width: number, channels: number];
  data: string;
}

const FIXTURE = new URL('./fixtures/augmentations.json', import.meta.url);
const cases = JSON.parse(readFileSync(FIXTURE, 'utf8')) as Record<string, Case>;

const named = (start: string): string[] => Object.keys(cases).filter((name) => name.startsWith(`${start} `));
const valuesOf = (name: string): Uint8Array => Uint8Array.from(Buffer.from(cases[name]!.data, 'base64'));

function largestDistance(name: string, image: DecodedImage): number {
  expect([image.height, image.width, 3]).toEqual(cases[name]!.shape);
  const expected = valuesOf(name);
  return image.pixels.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
}

const sizeOf = (text: string): [height: number, width: number] =>
  text.split('x').map(Number) as [number, number];

describe('equal torchvision to one level, but for ties', () => {
  const ENDS: Corners[] = [
    [
      [2, 1],
      [9, 3],
      [8, 12],
      [0, 10],
    ],
    [
      [3, 4],
      [10, 0],
      [7, 13],
      [1, 9],
    ],
  ];

  it.each(named('perspective'))('%s', (name) => {
    const [, index, interpolation] = name.split(' ') as [string, string, 'nearest' | 'bilinear'];
    const color = interpolation === 'nearest' ? ([10, 20, 30] as const) : ([0, 0, 0] as const);
    const image = warpCorners(waves(14, 11), ENDS[Number(index)]!, {
      fill: 'constant',
      color,
      interpolation,
    });
    const expected = valuesOf(name);
    const far = image.pixels.filter((value, i) => Math.abs(value - expected[i]!) > 1).length;
    // Nearest: a position half way between two pixels may go to either in float32.
    expect(far).toBeLessThanOrEqual(interpolation === 'nearest' ? 0.01 * image.pixels.length : 0);
  });

  it.each(named('elastic'))('%s', (name) => {
    const [, size, alpha, sigma, interpolation] = name.split(' ') as [
      string,
      string,
      string,
      string,
      'nearest' | 'bilinear',
    ];
    const [height, width] = sizeOf(size);
    const { pixels } = noise(height, width);
    const plane = (axis: number) =>
      Float32Array.from({ length: height * width }, (_, i) => pixels[3 * i + axis]! / 127.5 - 1);
    const image = moveElastically(
      waves(height, width),
      [plane(0), plane(1)],
      { alpha: Number(alpha), sigma: Number(sigma) },
      { fill: 'constant', color: [0, 0, 0], interpolation },
    );
    expect(largestDistance(name, image)).toBeLessThanOrEqual(1);
  });

  it('the sum of AugMix', () => {
    const inverted = waves(6, 5);
    inverted.pixels.forEach((value, i) => (inverted.pixels[i] = 255 - value));
    const image = mixImages([waves(6, 5), noise(6, 5), inverted], [0.3, 0.45, 0.25]);
    expect(largestDistance('mix', image)).toBeLessThanOrEqual(1);
  });

  it("AugMix' bits at each step of strength", () => {
    const bits = Array.from({ length: 10 }, (_, step) => 4 - Math.round((step / 9) * 4));
    expect(bits).toEqual([...valuesOf('posterize steps')]);
  });
});

describe('equal Pillow', () => {
  it.each(named('jpeg'))('bit for bit: %s', (name) => {
    const [, size, quality] = name.split(' ') as [string, string, string];
    const image = (quality === '90' ? noise : waves)(...sizeOf(size));
    expect(largestDistance(name, requantizeAsJpeg(image, Number(quality)))).toBe(0);
  });

  it('bit for bit: posterize, solarize and equalize', () => {
    expect(largestDistance('posterize 3', posterize(noise(9, 8), 3))).toBe(0);
    expect(largestDistance('solarize 128', solarize(noise(9, 8), 128))).toBe(0);
    const dark = waves(36, 24);
    dark.pixels.forEach((value, i) => (dark.pixels[i] = value >> 1));
    expect(largestDistance('equalize', equalize(dark))).toBe(0);
  });

  it('to one level: autoContrast', () => {
    const dull = noise(9, 8);
    dull.pixels.forEach((value, i) => (dull.pixels[i] = Math.floor(value / 3) + 40));
    expect(largestDistance('autoContrast', autoContrast(dull))).toBeLessThanOrEqual(1);
  });
});

describe("random erasing is timm's", () => {
  it.each(['const', 'rand', 'pixel'] as const)('in what it fills with: %s', (fill) => {
    const { mean, standardDeviation } = PIXEL_NORMALIZATIONS.torch;
    const augmentation = randomErasing({ probability: 1, scale: [0.2, 0.3], fill });
    const random = createRandom(1);
    const spreads: number[] = [];
    const all: number[] = [];
    for (let draw = 0; draw < 400; draw++) {
      // What normalized pictures hold beside timm's fills: a level that few draws give.
      const before = rgbImage(24, 24, new Uint8Array(24 * 24 * 3).fill(254));
      const { pixels } = augmentation.apply(before, random.fork('draw', draw), { height: 24, width: 24 });
      const inside = Array.from({ length: 576 }, (_, i) => pixels[3 * i]!)
        .filter((value) => value !== 254)
        .map((value) => (value / 255 - mean[0]) / standardDeviation[0]);
      all.push(...inside);
      spreads.push(deviationOf(inside));
    }
    const facts = [meanOf(all), deviationOf(all), meanOf(spreads)].map((fact) =>
      Math.round(fact * 100 + 128),
    );
    const expected = valuesOf(`erasing ${fill}`);
    // Bytes end at 0 and 255: about 2 % of a normal distribution beyond them are cut off.
    facts.forEach((fact, i) => expect(Math.abs(fact - expected[i]!), `fact ${i}`).toBeLessThanOrEqual(12));
  });
});

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function deviationOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)));
}
