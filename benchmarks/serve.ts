/**
 * `zoo serve` under load: a process that batches and one with batches of one picture, in turn, then a minute of the first alone and a
 * SIGTERM in the middle of its work.
 *
 * `node benchmarks/run.mjs serve [size] [clients] [seconds] [rounds] [picture]`; default 224 64 60 5 and a JPEG of 256 px drawn here. ResNet-18 with
 * random weights on wasm. Clients are connections of this process that send their next picture when they have their answer: they share
 * the cores with the server. `seconds` are of the minute alone; a round is a tenth of it for each of the two.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { PIXEL_NORMALIZATIONS, setModelMetadata } from '@zoo/core';
import { selectEngine } from '@zoo/engine';
import { createResnet } from '@zoo/resnet';
import { saveLayersModel } from '@zoo/weights/node';
import sharp from 'sharp';

import { median } from './shared/median';

const [size = '224', clientCount = '64', seconds = '60', rounds = '5', pictureFile] = process.argv.slice(2);
const pixels = Number(size);
const soakMs = Number(seconds) * 1000;
const roundMs = soakMs / 10;

/** A process of `zoo serve`. */
interface ServeProcess {
  readonly address: string;
  /** Resident bytes by the time of their measurement. */
  readonly memory: readonly { readonly timeMs: number; readonly bytes: number }[];
  /** Sends SIGTERM; the process' exit status. */
  stop(): Promise<number>;
}

/** What clients have seen of a server. */
interface Load {
  readonly durationsMs: number[];
  /** Statuses other than 200 and connections that broke, by how often. */
  readonly failures: Map<string, number>;
}

async function saveNetwork(folder: string): Promise<void> {
  const engine = await selectEngine({ prefer: 'cpu' });
  const model = createResnet('resnet18', {
    variant: 'torchvision',
    inputShape: [pixels, pixels, 3],
    seed: 1,
  });
  setModelMetadata(model, {
    classNames: Array.from({ length: 1000 }, (_, index) => `class ${index}`),
    preprocessing: { imageSize: [pixels, pixels], normalization: PIXEL_NORMALIZATIONS.torch },
  });
  await saveLayersModel(model, folder);
  model.dispose();
  await engine.dispose();
}

/** Slopes and waves, which pack to some kilobytes as a photograph of this size does. */
function drawnPicture(side: number): Promise<Buffer> {
  const values = Uint8Array.from({ length: side * side * 3 }, (_, at) => {
    const [x, y] = [Math.floor(at / 3) % side, Math.floor(at / 3 / side)];
    return 128 + 60 * Math.sin((x * (1 + (at % 3))) / 9) + 60 * Math.cos((y * x) / 900);
  });
  return sharp(values, { raw: { width: side, height: side, channels: 3 } })
    .jpeg({ quality: 85 })
    .toBuffer();
}

async function startServer(model: string, ...args: readonly string[]): Promise<ServeProcess> {
  const program = fileURLToPath(new URL('serve-process.mjs', import.meta.url));
  const child = spawn(
    process.execPath,
    [program, `net=${model}`, '--engine', 'wasm', '--port', '0', ...args],
    {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    },
  );
  const memory: { timeMs: number; bytes: number }[] = [];
  child.on('message', (bytes: number) => memory.push({ timeMs: performance.now(), bytes }));
  const closed = once(child, 'close') as Promise<[number | null]>;
  // All lines are read: a pipe that is full would hold the server up.
  const address = await new Promise<string>((resolve, reject) => {
    let lastLine = '';
    createInterface({ input: child.stderr! }).on('line', (line) => {
      lastLine = line;
      const [, found] = /^listening on (\S+)/.exec(line) ?? [];
      if (found !== undefined) resolve(found);
    });
    void closed.then(([status]) => reject(new Error(`zoo serve ended with ${status}: ${lastLine}`)));
  });
  return {
    address,
    memory,
    stop: async () => {
      child.kill('SIGTERM');
      return (await closed)[0] ?? -1;
    },
  };
}

function send(address: string, agent: Agent, picture: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'image/jpeg', 'content-length': picture.length };
    const sent = request(`${address}/predict`, { method: 'POST', agent, headers }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode!));
      answer.once('error', reject);
    });
    sent.once('error', reject);
    sent.end(picture);
  });
}

/** Lets all clients ask until `signal` is aborted, and waits for their last answers. */
async function load(address: string, picture: Buffer, signal: AbortSignal): Promise<Load> {
  const agent = new Agent({ keepAlive: true, maxSockets: Number(clientCount) });
  const seen: Load = { durationsMs: [], failures: new Map() };
  const client = async () => {
    while (!signal.aborted) {
      const start = performance.now();
      const outcome = await send(address, agent, picture).catch(
        (error: unknown) => (error as NodeJS.ErrnoException).code ?? String(error),
      );
      if (outcome === 200) seen.durationsMs.push(performance.now() - start);
      else seen.failures.set(`${outcome}`, (seen.failures.get(`${outcome}`) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: Number(clientCount) }, client));
  agent.destroy();
  return seen;
}

/** Pictures a second, the last answers' time included. */
async function rateOf({ address }: ServeProcess, picture: Buffer): Promise<number> {
  const start = performance.now();
  const { durationsMs, failures } = await load(address, picture, AbortSignal.timeout(roundMs));
  if (failures.size > 0) throw new Error(`Not all were answered: ${JSON.stringify([...failures])}`);
  return (durationsMs.length * 1000) / (performance.now() - start);
}

/** Pictures of a batch, on average, since the server has started. */
async function meanBatch({ address }: ServeProcess): Promise<number> {
  const text = await (await fetch(`${address}/metrics`)).text();
  const value = (name: string) =>
    Number(new RegExp(`^zoo_batch_size_${name}\\{.*\\} (\\d+)`, 'm').exec(text)![1]);
  return value('sum') / value('count');
}

/** The mean memory in MB of `fromMs` to `toMs` before the last measurement. */
function meanMegabytes({ memory }: ServeProcess, fromMs: number, toMs: number): number {
  const end = memory.at(-1)!.timeMs;
  const part = memory.filter(({ timeMs }) => end - timeMs < fromMs && end - timeMs >= toMs);
  return part.reduce((sum, { bytes }) => sum + bytes, 0) / part.length / 1e6;
}

const folder = await mkdtemp(join(tmpdir(), 'zoo-serve-'));
try {
  await saveNetwork(folder);
  const picture = pictureFile === undefined ? await drawnPicture(256) : await readFile(pictureFile);
  console.log(`ResNet-18, ${size} px, ${clientCount} clients, a picture of ${picture.length} bytes`);
  const batching = await startServer(folder);
  const single = await startServer(folder, '--batch-size', '1');
  const rates: { batching: number; single: number }[] = [];
  for (let round = -1; round < Number(rounds); round++) {
    const rate = { batching: await rateOf(batching, picture), single: await rateOf(single, picture) };
    // The first round warms up.
    if (round >= 0) rates.push(rate);
  }
  console.log(
    `in turn, ${rounds} rounds of ${roundMs / 1000} s: batching ${median(rates.map((each) => each.batching)).toFixed(1)} a second ` +
      `(${(await meanBatch(batching)).toFixed(1)} pictures a batch), batch 1 ${median(rates.map((each) => each.single)).toFixed(1)}, ` +
      `ratio ${median(rates.map((each) => each.batching / each.single)).toFixed(2)} ` +
      `(${rates.map((each) => (each.batching / each.single).toFixed(2)).join(' ')})`,
  );
  await single.stop();
  const { durationsMs, failures } = await load(batching.address, picture, AbortSignal.timeout(soakMs));
  const [before, last] = [
    meanMegabytes(batching, soakMs / 1.5, soakMs / 3),
    meanMegabytes(batching, soakMs / 3, 0),
  ];
  const sorted = durationsMs.sort((left, right) => left - right);
  console.log(
    `${seconds} s: ${durationsMs.length} answers, ${JSON.stringify([...failures])} failures, median ${median(sorted).toFixed(0)} ms, ` +
      `99 % within ${sorted[Math.floor(sorted.length * 0.99)]!.toFixed(0)} ms; memory ${before.toFixed(0)} MB in the middle third, ` +
      `${last.toFixed(0)} MB in the last (${(100 * (last / before - 1)).toFixed(1)} %)`,
  );
  const end = new AbortController();
  const ending = load(batching.address, picture, end.signal);
  await setTimeout(roundMs / 2);
  const stopped = batching.stop();
  end.abort();
  const [status, seen] = await Promise.all([stopped, ending]);
  console.log(
    `SIGTERM under load: status ${status}, ${JSON.stringify([...seen.failures])} failures of ${seen.durationsMs.length} answers`,
  );
} finally {
  await rm(folder, { recursive: true });
}
