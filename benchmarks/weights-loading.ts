/**
 * Loading a network's weights from a legacy `.h5` into a model that is there, beside Keras' own `load_weights`, in Node.js and in Chromium.
 *
 * `node benchmarks/run.mjs weights-loading [network] [rounds]`; default resnet50 7. In each round every contender has a process (or page)
 * of its own, one after the other, and loads three times there: the first load is what a program waits for. Keras runs in the Python of
 * $ZOO_ORACLE_PYTHON (default ~/.cache/zoo/oracle/bin/python), Chromium is $ZOO_CHROMIUM or /usr/bin/chromium; what is absent is left
 * out. All read from the page cache; the zoo's models lie on the cpu engine.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { serveFiles } from '../packages/weights/browser/serve-files';
import { bundlePage, isChromiumAbsent, launchChromium } from '../test-support/chromium';
import { isOracleAbsent, ORACLE_ENVIRONMENT, ORACLE_PYTHON } from '../test-support/oracle-python';

import { median } from './shared/median';

const LOADS = 3;
const KERAS = `
import json, sys, time, keras
model = keras.models.load_model(sys.argv[1], compile=False)
times = []
for _ in range(int(sys.argv[2])):
    start = time.perf_counter()
    model.load_weights(sys.argv[1])
    times.append(1000 * (time.perf_counter() - start))
print(json.dumps({"timesMs": times}))
`;

interface Loads {
  readonly timesMs: readonly number[];
  /** What the first load adds at its peak to the memory that the process held before, in times the weights; Linux only. */
  readonly growth?: number;
}

interface Contender {
  readonly name: string;
  load(): Loads | Promise<Loads>;
}

const [network = 'resnet50', rounds = '7'] = process.argv.slice(2);
const nodeScript = fileURLToPath(new URL('weights-loading-node.mjs', import.meta.url));
const run = (command: string, ...argumentList: string[]): Loads => {
  const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
  const output = execFileSync(command, argumentList, { encoding: 'utf8', env: ORACLE_ENVIRONMENT, stdio });
  return JSON.parse(output.trim().split('\n').at(-1)!) as Loads;
};

const folder = await mkdtemp(join(tmpdir(), 'zoo-bench-'));
const path = join(folder, `${network}.h5`);
const server = await serveFiles();
const browser = isChromiumAbsent ? undefined : await launchChromium();
try {
  execFileSync(process.execPath, [nodeScript, 'save', network, path], { stdio: 'ignore' });
  server.files.set(basename(path), readFileSync(path));
  const contenders: Contender[] = [];
  if (!isOracleAbsent)
    contenders.push({ name: 'Keras', load: () => run(ORACLE_PYTHON, '-c', KERAS, path, String(LOADS)) });
  contenders.push({
    name: 'Node.js',
    load: () => run(process.execPath, nodeScript, 'load', network, path, String(LOADS)),
  });
  if (browser !== undefined) {
    const [script] = await bundlePage(fileURLToPath(new URL('../weights-loading-page.ts', import.meta.url)));
    const inPage = async (address?: string): Promise<Loads> => {
      const page = await browser.newPage();
      await page.goto(server.address);
      await page.addScriptTag({ content: script!.text });
      if (address === undefined) await page.setInputFiles('input', path);
      const call = JSON.stringify([network, LOADS, address]).slice(1, -1);
      const timesMs: number[] = await page.evaluate(`timeLoads(${call})`);
      await page.close();
      return { timesMs };
    };
    contenders.push({ name: 'Chromium, a chosen file', load: () => inPage() });
    contenders.push({
      name: 'Chromium, range requests',
      load: () => inPage(`${server.address}ranged/${basename(path)}`),
    });
  }
  const results = contenders.map(() => [] as Loads[]);
  for (let round = 0; round < Number(rounds); round++)
    for (const [index, contender] of contenders.entries()) results[index]!.push(await contender.load());
  process.stdout.write(`${network}, ${rounds} rounds of ${LOADS} loads, Node.js ${process.versions.node}\n`);
  const firstsOf = (loads: readonly Loads[]) => loads.map(({ timesMs }) => timesMs[0]!);
  const peer = firstsOf(results[0]!);
  for (const [index, { name }] of contenders.entries()) print(name, results[index]!, peer);
} finally {
  await browser?.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
}

function print(name: string, loads: readonly Loads[], peer: readonly number[]): void {
  const firsts = loads.map(({ timesMs }) => timesMs[0]!);
  const later = loads.flatMap(({ timesMs }) => timesMs.slice(1));
  const ratio = median(firsts.map((time, round) => time / peer[round]!));
  const growth = Math.max(...loads.map((load) => load.growth ?? 0));
  const line =
    `${name.padEnd(25)} first load ${median(firsts).toFixed(0).padStart(4)} ms ` +
    `(${Math.min(...firsts).toFixed(0)} to ${Math.max(...firsts).toFixed(0)}), ${ratio.toFixed(2)} x the first line's; ` +
    `later ${median(later).toFixed(0)} ms`;
  process.stdout.write(
    `${line}${growth > 0 ? `; the first adds at most ${growth.toFixed(2)} x the weights to the memory` : ''}\n`,
  );
}
