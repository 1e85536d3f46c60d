import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { createRandom } from '@zoo/core';
import { expect } from 'vitest';

import { encodePng } from '../../train/src/node/tensor-board/encode-png';
import { zoo as attempt } from '../test/zoo';

/** Runs the zoo command on the wasm engine and expects it to succeed. */
export async function zoo(...argv: string[]): Promise<{ output: string; errors: string }> {
  const answer = await attempt(...argv);
  expect(answer).toMatchObject({ status: 0 });
  return answer;
}

/** What `zoo predict` says of one picture: probabilities by class name. */
export async function predicted(...argv: string[]): Promise<Record<string, number>> {
  const { output } = await zoo('predict', ...argv, '--format', 'json', '--top', '1000', '--engine', 'wasm');
  const [answer] = JSON.parse(output) as { predictions: { className: string; probability: number }[] }[];
  return Object.fromEntries(
    answer!.predictions.map(({ className, probability }) => [className, probability]),
  );
}

/** Expects equal classes, and probabilities within `tolerance`. */
export function expectEqualAnswers(
  actual: Readonly<Record<string, number>>,
  expected: Readonly<Record<string, number>>,
  tolerance: number,
): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, value] of Object.entries(expected)) {
    expect(Math.abs(actual[name]! - value), name).toBeLessThan(tolerance);
  }
}

/**
 * Writes `count` pictures of one colour, and noise, for each class; 40 rows and 48 columns.
 *
 * Each picture has a light of its own, as photographs have: equal pictures leave channels that hardly vary, whose norms then magnify every other
 * colour by orders of magnitude.
 */
export async function writePictures(
  folder: string,
  colors: Readonly<Record<string, readonly [number, number, number]>>,
  count: number,
): Promise<string> {
  for (const [name, color] of Object.entries(colors)) {
    const random = createRandom(1).fork(name);
    await mkdir(join(folder, name), { recursive: true });
    for (let index = 0; index < count; index++) {
      const light = 0.4 + 0.6 * random.uniform();
      const pixels = Uint8Array.from({ length: 40 * 48 * 3 }, (_, at) =>
        Math.max(0, Math.min(255, light * color[at % 3]! + random.integer(-40, 40))),
      );
      await writeFile(join(folder, name, `${index}.png`), encodePng(pixels, 40, 48, 3));
    }
  }
  return folder;
}
