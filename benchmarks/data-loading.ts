/**
 * Pictures a second from disk to batches, beside Keras' two loaders and a DataLoader of PyTorch, in turn; and the decoder alone.
 *
 * `node benchmarks/run.mjs data-loading [directory] [size] [rounds]`; default ../shared/data/idenprof/test 224 5. The pictures of the
 * directory as they are, with a flip; and enlarged to 500 x 375, with random resized crop, flip and colour jitter. The peers run where
 * $ZOO_ORACLE_PYTHON or ~/.cache/zoo/oracle has them. On a busy machine read the CPU time, which the others disturb least.
 */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { disposeBatch, type BatchSource } from '@zoo/core';
import { colorJitter, randomHorizontalFlip, randomResizedCrop, type Augmentation } from '@zoo/data';
import { decodeImage, imageBatches, kerasImageBatches, readImageFolder } from '@zoo/data/node';
import { selectEngine } from '@zoo/engine';
import sharp from 'sharp';

import { isOracleAbsent, ORACLE_PYTHON } from '../test-support/oracle-python';

import { median } from './shared/median';

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

async function peer(name: string, file: string, kind: string, pictures = directory): Promise<Contender> {
  const script = fileURLToPath(new URL(`../peers/${file}`, import.meta.url));
  const child = spawn(ORACLE_PYTHON, [script, kind, pictures, size], { stdio: ['pipe', 'pipe', 'ignore'] });
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

/** The directory's pictures at 500 x 375, as photographs often are, in a folder of their own. */
async function enlarged(examples: readonly { path: string }[]): Promise<string> {
  const target = await mkdtemp(join(tmpdir(), 'zoo-data-loading-'));
  for (const { path } of examples) {
    const file = join(target, relative(directory, path));
    await mkdir(dirname(file), { recursive: true });
    await sharp(path).resize(500, 375, { fit: 'fill' }).jpeg({ quality: 90 }).toFile(file);
  }
  return target;
}

/** The same changes by their own loops, one after the other: no plan, no pass. */
const stepByStep = (changes: readonly Augmentation[]): Augmentation[] =>
  changes.map(({ name, apply }) => ({ name, apply }));

await selectEngine({ prefer: 'wasm' });
const folder = await readImageFolder(directory);
const photographs = await enlarged(folder.examples);
const cached = await mkdtemp(join(tmpdir(), 'zoo-data-loading-'));
const files = await Promise.all(folder.examples.slice(0, 200).map(({ path }) => readFile(path)));
const flip = { imageSize, augment: [randomHorizontalFlip()] };
const rich = {
  imageSize,
  augmentFrom: 'source',
  augment: [
    randomResizedCrop(),
    randomHorizontalFlip(),
    colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4 }),
  ],
} as const;
const large = await readImageFolder(photographs);
const decodeAll = async () => {
  for (let i = 0; i < files.length; i += 4) {
    await Promise.all(files.slice(i, i + 4).map((bytes) => decodeImage(bytes)));
  }
  return files.length;
};
const contenders: Contender[] = [
  { name: 'decode only', run: () => timed(decodeAll), end: () => undefined },
  ours('imageBatches, flip', await imageBatches(folder, flip)),
  ours('imageBatches, flip, 2 workers', await imageBatches(folder, { ...flip, workers: 2 })),
  ours('imageBatches, flip, cache: memory', await imageBatches(folder, { ...flip, cache: 'memory' })),
  ours(
    'imageBatches, flip, cache: disk',
    await imageBatches(folder, { ...flip, cache: 'disk', cacheDirectory: cached }),
  ),
  ours(
    'kerasImageBatches, rescale and flip',
    await kerasImageBatches(folder, { targetSize: imageSize, rescale: 1 / 255, horizontalFlip: true }),
  ),
  ours('500 x 375: imageBatches, crop, flip, colour', await imageBatches(large, rich)),
  ours('500 x 375: the same, 2 workers', await imageBatches(large, { ...rich, workers: 2 })),
  ours(
    '500 x 375: the same, step by step',
    await imageBatches(large, { ...rich, augment: stepByStep(rich.augment) }),
  ),
];
if (!isOracleAbsent) {
  contenders.push(
    await peer('Keras ImageDataGenerator, rescale and flip', 'keras_loading.py', 'generator'),
    await peer('Keras image_dataset_from_directory, flip', 'keras_loading.py', 'dataset'),
    await peer('500 x 375: torchvision v2, 2 workers', 'torchvision_loading.py', 'rich', photographs),
  );
} else {
  console.log(`The peers are left out: no Python at ${ORACLE_PYTHON}.`);
}

/** Passes over the pictures before the first round: compilers take some thousand pictures, the operating system's cache one pass. */
const WARM_UP_PASSES = 10;
/** Passes in a round. */
const PASSES = 3;

async function passesOf({ run }: Contender, count: number): Promise<Timing> {
  const total = { wallSeconds: 0, cpuSeconds: 0, count: 0 };
  for (let pass = 0; pass < count; pass++) {
    const timing = await run();
    total.wallSeconds += timing.wallSeconds;
    total.cpuSeconds += timing.cpuSeconds;
    total.count += timing.count;
  }
  return total;
}

for (const contender of contenders) await passesOf(contender, WARM_UP_PASSES);
const timings = new Map(contenders.map(({ name }): [string, Timing[]] => [name, []]));
for (let round = 0; round < Number(rounds); round++) {
  for (const contender of contenders) timings.get(contender.name)!.push(await passesOf(contender, PASSES));
}
contenders.forEach(({ end }) => end());
for (const place of [photographs, cached]) await rm(place, { recursive: true });
console.log(
  `${folder.examples.length} pictures of ${directory} at ${imageSize} px, ${rounds} rounds of ${PASSES} passes in turn: medians, best in brackets`,
);
for (const [name, all] of timings) {
  const rates = all.map(({ count, wallSeconds }) => count / wallSeconds);
  const costs = all.map(({ count, cpuSeconds }) => (1e3 * cpuSeconds) / count);
  const [rate, best] = [median(rates), Math.max(...rates)].map((value) =>
    Math.round(value).toLocaleString('en').padStart(6),
  );
  const [cost, least] = [median(costs), Math.min(...costs)].map((value) => value.toFixed(3));
  console.log(`${name.padEnd(44)} ${rate} (${best}) a second   ${cost} (${least}) ms of CPU each`);
}
