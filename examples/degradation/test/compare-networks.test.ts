import { mkdir, readFile, writeFile } from 'node:fs/promises';

import { createRandom } from '@zoo/core';
import { selectEngine, type SelectedEngine } from '@zoo/engine';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { compareNetworks } from '../src/compare-networks';
import { NETWORKS } from '../src/networks';

let engine: SelectedEngine;
const place = temporaryDirectory('suite');
beforeAll(async () => {
  engine = await selectEngine({ prefer: 'wasm' });
  await mkdir(place('cifar'), { recursive: true });
  for (const name of [1, 2, 3, 4, 5].map((number) => `data_batch_${number}`).concat('test_batch'))
    await writeFile(place('cifar', `${name}.bin`), records(name));
});
afterAll(() => engine.dispose());

/** Two pictures of noise, in the binary archive's layout: a label byte and 3,072 colour bytes each. */
function records(name: string): Uint8Array {
  const random = createRandom(1).fork(name);
  const bytes = Uint8Array.from({ length: 2 * 3073 }, () => random.integer(0, 255));
  bytes[0] = 3;
  bytes[3073] = 7;
  return bytes;
}

function run(epochs: number, signal = new AbortController().signal) {
  const lines: string[] = [];
  const compared = compareNetworks({
    directory: place('cifar'),
    output: place('runs'),
    recipe: { epochs, batchSize: 2, learningRate: 0.1 },
    seed: 0,
    print: (line) => lines.push(line),
    signal,
    callbacks: [],
  });
  return compared.then((curves) => ({ curves, lines }));
}

it('trains each network, prints its errors, draws them, and reads a finished run rather than train it again', async () => {
  const first = await run(1);
  expect(first.curves.map(({ name }) => name)).toEqual(NETWORKS.map(({ name }) => name));
  expect(first.lines).toHaveLength(NETWORKS.length + 1);
  expect(first.lines[0]).toMatch(
    /^plain-20 +error in training +\d+\.\d %   in test +\d+\.\d % +\d+\.\d minutes$/,
  );
  const figure = await readFile(place('runs', 'errors.svg'), 'utf8');
  expect(figure).toMatch(/^<svg xmlns=/);
  // A pair of lines for each network, and ResNet-20 stands in two panels.
  expect(figure.match(/<polyline/g)).toHaveLength(2 * (NETWORKS.length + 1));

  const again = await run(1);
  expect(again.curves).toEqual(first.curves);
});
