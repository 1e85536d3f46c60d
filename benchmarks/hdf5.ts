/**
 * HDF5 by @zoo/weights beside h5wasm (the HDF5 library in WebAssembly), in turn, each measurement in a process of its own: reading and
 * writing a network's weights, bytes shipped, what becomes of damaged files, and whether one model gives one file.
 *
 * `node benchmarks/run.mjs hdf5 [network] [rounds] [damaged files]`; default resnet50 7 2000.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '@zoo/core';
import { createResnet } from '@zoo/resnet';
import { saveKerasH5 } from '@zoo/weights/node';
import { build } from 'esbuild';

import { mutate } from '../packages/weights/fuzz/mutate';

const LIBRARIES = ['zoo', 'h5wasm'] as const;
const FIXTURES = [
  'keras3.h5',
  'keras3.weights.h5',
  'hdf5-earliest-chunked.h5',
  'hdf5-v108-chunked.h5',
  'hdf5-latest.h5',
];
/** A library that says nothing for so long will not say anything. */
const HANG_MS = 5000;

const [network = 'resnet50', rounds = '7', damagedFiles = '2000'] = process.argv.slice(2);
// The benchmark is bundled into dist/, two folders below the top.
const top = fileURLToPath(new URL('../..', import.meta.url));
const child = fileURLToPath(new URL('hdf5-library.mjs', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'zoo-bench-'));
try {
  await tf.setBackend('cpu');
  const model = createResnet(network);
  const path = join(folder, 'model.h5');
  await saveKerasH5(model, path);
  const fileBytes = (await readFile(path)).length;
  model.dispose();
  for (const task of ['read', 'write']) compareSpeed(task, path, fileBytes);
  await compareRepeatedWrites(path);
  await compareSizes();
  await compareDamaged();
} finally {
  await rm(folder, { recursive: true, force: true });
}

interface Measured {
  readonly startMs: number;
  readonly timesMs: number[];
  readonly peakBytes: number;
  readonly hash: string;
}

function measure(library: string, task: string, path: string, repetitions: number): Measured {
  const output = execFileSync(process.execPath, [child, library, task, path, String(repetitions)], {
    encoding: 'utf8',
  });
  return JSON.parse(output.trim().split('\n').at(-1)!) as Measured;
}

function compareSpeed(task: string, path: string, fileBytes: number): void {
  const fresh = { zoo: [] as Measured[], h5wasm: [] as Measured[] };
  const warm = { zoo: [] as number[], h5wasm: [] as number[] };
  for (let round = 0; round < Number(rounds); round++) {
    for (const library of LIBRARIES) fresh[library].push(measure(library, task, path, 1));
  }
  for (const library of LIBRARIES) warm[library] = measure(library, task, path, 2 * Number(rounds)).timesMs;
  for (const library of LIBRARIES) {
    const first = median(fresh[library].map(({ timesMs }) => timesMs[0]!));
    const start = median(fresh[library].map(({ startMs }) => startMs));
    const peak = median(fresh[library].map(({ peakBytes }) => peakBytes)) / fileBytes;
    print(
      `${task} ${network}, ${library}: first ${first.toFixed(0)} ms after ${start.toFixed(0)} ms of starting, ` +
        `warm ${median(warm[library]).toFixed(0)} ms, memory ${peak.toFixed(2)} times the file (medians)`,
    );
  }
  if (task === 'read' && fresh.zoo[0]!.hash !== fresh.h5wasm[0]!.hash)
    throw new Error('they read different numbers');
}

async function compareRepeatedWrites(path: string): Promise<void> {
  const first = LIBRARIES.map((library) => measure(library, 'write', path, 1).hash);
  // HDF5 keeps times in seconds.
  await setTimeout(2100);
  LIBRARIES.forEach((library, i) => {
    const isSame = measure(library, 'write', path, 1).hash === first[i];
    print(`two writes of one model, ${library}: ${isSame ? 'identical bytes' : 'different bytes'}`);
  });
}

async function compareSizes(): Promise<void> {
  const hdf5 = join(top, 'packages/weights/src/hdf5');
  const entries = {
    zoo: `export { openHdf5 } from '${hdf5}/hdf5-file'; export { writeHdf5 } from '${hdf5}/write-hdf5';`,
    h5wasm: `export { File, ready } from 'h5wasm';`,
  };
  for (const library of LIBRARIES) {
    const { outputFiles } = await build({
      stdin: { contents: entries[library], resolveDir: join(top, 'packages/weights') },
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
      platform: 'browser',
      conditions: ['@zoo/source'],
      external: ['@tensorflow/*'],
    });
    const bytes = outputFiles[0]!.contents;
    print(`shipped, ${library}: ${kilobytes(bytes.length)}, ${kilobytes(gzipSync(bytes).length)} in gzip`);
  }
}

async function compareDamaged(): Promise<void> {
  const paths: string[] = [];
  for (let i = 0; i < Number(damagedFiles); i++) {
    const fixture = FIXTURES[i % FIXTURES.length]!;
    const bytes = new Uint8Array(await readFile(join(top, 'packages/weights/test/fixtures', fixture)));
    const path = join(folder, `damaged-${i}.h5`);
    await writeFile(path, mutate(bytes, createRandom(1).fork('damaged', i)));
    paths.push(path);
  }
  for (const library of LIBRARIES) {
    const { read, refused, crashed, hung, slow, largestBytes, printedBytes } = await walk(library, paths);
    print(
      `${paths.length} damaged files, ${library}: ${read} read, ${refused} refused, ${crashed} crashed, ${hung} hung (over ${HANG_MS / 1000} s), ` +
        `${slow} took over 1 s; memory grew by up to ${kilobytes(largestBytes)}; ${kilobytes(printedBytes)} printed`,
    );
  }
}

async function walk(library: string, paths: readonly string[]) {
  const result = { read: 0, refused: 0, crashed: 0, hung: 0, slow: 0, largestBytes: 0, printedBytes: 0 };
  for (let next = 0; next < paths.length;) {
    const program = spawn(process.execPath, [child, library, 'walk', ...paths.slice(next)]);
    let timer = AbortSignal.timeout(60_000);
    const watch = () => {
      const current = (timer = AbortSignal.timeout(HANG_MS));
      current.addEventListener('abort', () => {
        if (timer !== current) return;
        result.hung++;
        next++;
        program.kill('SIGKILL');
      });
    };
    program.stderr.on('data', (bytes: Buffer) => (result.printedBytes += bytes.length));
    const closed = new Promise<number | null>((resolve) => program.on('close', resolve));
    let isRunning = false;
    for await (const line of createInterface({ input: program.stdout })) {
      const [outcome, , durationMs, grownBytes] = line.split(' ');
      if (outcome === 'start') {
        isRunning = true;
        watch();
        continue;
      }
      if (outcome !== 'read' && outcome !== 'refused' && outcome !== 'crash') {
        result.printedBytes += line.length;
        continue;
      }
      isRunning = false;
      next++;
      result[outcome === 'crash' ? 'crashed' : outcome]++;
      if (Number(durationMs) > 1000) result.slow++;
      result.largestBytes = Math.max(result.largestBytes, Number(grownBytes));
    }
    timer = AbortSignal.timeout(60_000);
    const status = await closed;
    // It died without a word over the file that it was at.
    if (isRunning && status !== null && status !== 0) {
      result.crashed++;
      next++;
    }
  }
  return result;
}

function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)]!;
}

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1024)} KB`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
