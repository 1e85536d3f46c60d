/**
 * Pictures a second from disk to batches, beside Keras' two loaders, in turn; and the decoder alone.
 *
 * `node benchmarks/run.mjs data-loading [directory] [size] [rounds]`; default ../shared/data/idenprof/test 224 5. Keras runs where
 * $ZOO_ORACLE_PYTHON or ~/.cache/zoo/oracle has it. On a busy machine read the CPU time, which the others disturb least.
 */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { disposeBatch, type BatchSource } from '@zoo/core';
import { colorJitter, randomHorizontalFlip, randomResizedCrop } from '@zoo/data';
import { decodeImage, imageBatches, kerasImageBatches, readImageFolder } from '@zoo/data/node';

import { isOracleAbsent, ORACLE_PYTHON } from '../test-support/oracle-python';

const [directory = '../shared/data/idenprof/test', size = '224', rounds = '5'] = process.argv.slice(2);
const imageSize = Number(size);

interface Timing {
  wallSeconds: number;
  cpuSeconds: number;
  count: number;
}

interface Contender {
  name: string;
  run(): Promise<Timing>;
  end(): void;
}

async function timed(work: () => Promise<number>): Promise<Timing> {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  const count = await work();
  const { user, system } = process.cpuUsage(cpu);
  return { wallSeconds: (performance.now() - start) / 1e3, cpuSeconds: (user + system) / 1e6, count };
}

function ours(name: string, source: BatchSource): Contender {
  let epoch = 0;
  const pass = async () => {
    let count = 0;
    for await (const batch of source.batches({ epoch: epoch++ })) {
      count += batch.sources.length;
      disposeBatch(batch);
    }
    return count;
  };
  return { name, run: () => timed(pass), end: () => undefined };
}

async function keras(name: string, kind: string): Promise<Contender> {
  const script = fileURLToPath(new URL('../peers/keras_loading.py', import.meta.url));
  const child = spawn(ORACLE_PYTHON, [script, kind, directory, size], { stdio: ['pipe', 'pipe', 'ignore'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  const run = async () => {
    child.stdin.write('\n');
    const { value } = (await lines.next()) as { value: string };
    const [wallSeconds, cpuSeconds, count] = value.split(' ').map(Number) as [number, number, number];
    return { wallSeconds, cpuSeconds, count };
  };
  return { name, run, end: () => child.stdin.end() };
}

const folder = await readImageFolder(directory);
const files = await Promise.all(folder.examples.slice(0, 200).map(({ path }) => readFile(path)));
const flip = { imageSize, augment: [randomHorizontalFlip()] };
const rich = [
  randomResizedCrop(),
  randomHorizontalFlip(),
  colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4 }),
];
const contenders: Contender[] = [];
const decodeAll = async () => {
  for (let i = 0; i < files.length; i += 4) {
    await Promise.all(files.slice(i, i + 4).map((bytes) => decodeImage(bytes)));
  }
  return files.length;
};
contenders.push(
  { name: 'decode only', run: () => timed(decodeAll), end: () => undefined },
  ours('imageBatches, flip', await imageBatches(folder, flip)),
  ours('imageBatches, flip, cache: memory', await imageBatches(folder, { ...flip, cache: 'memory' })),
  ours('imageBatches, crop, flip and colour', await imageBatches(folder, { imageSize, augment: rich })),
  ours(
    'kerasImageBatches, rescale and flip',
    await kerasImageBatches(folder, { targetSize: imageSize, rescale: 1 / 255, horizontalFlip: true }),
  ),
);
if (!isOracleAbsent) {
  contenders.push(await keras('Keras ImageDataGenerator, rescale and flip', 'generator'));
  contenders.push(await keras('Keras image_dataset_from_directory, flip', 'dataset'));
} else {
  console.log(`Keras is left out: no Python at ${ORACLE_PYTHON}.`);
}

const best = new Map<string, Timing>();
for (let round = -1; round < Number(rounds); round++) {
  for (const { name, run } of contenders) {
    const timing = await run();
    const known = best.get(name);
    // The first round warms up: caches, compilers, the operating system's pages.
    if (round < 0) continue;
    best.set(name, {
      wallSeconds: Math.min(timing.wallSeconds, known?.wallSeconds ?? Infinity),
      cpuSeconds: Math.min(timing.cpuSeconds, known?.cpuSeconds ?? Infinity),
      count: timing.count,
    });
  }
}
contenders.forEach(({ end }) => end());
console.log(
  `${folder.examples.length} pictures of ${directory} at ${imageSize} px, best of ${rounds} rounds in turn`,
);
for (const [name, { wallSeconds, cpuSeconds, count }] of best) {
  const perSecond = Math.round(count / wallSeconds).toLocaleString('en');
  console.log(
    `${name.padEnd(44)} ${perSecond.padStart(7)} a second   ${((1e3 * cpuSeconds) / count).toFixed(3)} ms of CPU each`,
  );
}
