import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import sharp from 'sharp';
import { expect } from 'vitest';

import { REAL_DATA } from './real-data';

/** How many test images of CIFAR-10 are at hand. */
export const CIFAR_IMAGES = 500;

/** The images' bytes [image, row, column, channel], and their classes. */
export async function cifarImages(): Promise<{ pixels: Float32Array; labels: readonly number[] }> {
  const pixels = await sharp(join(REAL_DATA, 'cifar10/test-first-500.png')).removeAlpha().raw().toBuffer();
  const file = readFileSync(join(REAL_DATA, 'cifar10/labels.json'), 'utf8');
  const labels = (JSON.parse(file) as Record<string, number[]>)['test-first-500']!;
  return { pixels: Float32Array.from(pixels), labels };
}

/** What an oracle's network says of the images: the class of each, all probabilities of the first ones. */
export interface GoldenPredictions {
  readonly classes: readonly number[];
  readonly probabilities: readonly (readonly number[])[];
}

/** Expects the oracle's classes, its probabilities within 1e-4, and the accuracy of all 10,000 test images within the sampling error. */
export function expectCifarPredictions(
  probabilities: readonly (readonly number[])[],
  golden: GoldenPredictions,
  labels: readonly number[],
  accuracy: number,
): void {
  const classes = probabilities.map((row) => row.indexOf(Math.max(...row)));
  expect(classes).toEqual(golden.classes);
  const differences = golden.probabilities.flatMap((row, i) =>
    row.map((value, j) => Math.abs(value - probabilities[i]![j]!)),
  );
  expect(Math.max(...differences)).toBeLessThan(1e-4);
  // Three standard errors of a share of so many.
  const right = classes.filter((value, i) => value === labels[i]).length / CIFAR_IMAGES;
  expect(Math.abs(right - accuracy)).toBeLessThan(3 * Math.sqrt((accuracy * (1 - accuracy)) / CIFAR_IMAGES));
}
