/**
 * Everything that has to be seen on a graphics card, in one file for a machine with nothing but a driver: the contract suite, training
 * steps beside TensorFlow.js' own WebGPU backend in turn, inference, and where the time goes. At most ten minutes in all.
 *
 *     node benchmarks/run.mjs webgpu-card                # here, on the npm package `webgpu`
 *     node benchmarks/run.mjs webgpu-card --bundle       # one file, benchmarks/dist/webgpu-card.mjs, that needs only `webgpu` beside it
 *     node webgpu-card.mjs [--small] [--only a,b] [--seconds 570]
 *
 * Every section runs in a process of its own with a time limit; one that fails is reported and passed over. Each prints lines of JSON as
 * it goes. `--small` makes everything tiny, for a machine that computes in software. benchmarks/peers/torch_card.py times the same steps.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import { SECTIONS, type Section } from './webgpu-card/sections';

const { argv } = process;
const isSmall = argv.includes('--small');
const valueOf = (flag: string): string | undefined =>
  argv.includes(flag) ? argv[argv.indexOf(flag) + 1] : undefined;

/** What a section may take beyond its own budget: start, compilation of shaders, the last step. */
const GRACE_SECONDS = 30;

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Runs a section in a process of its own, killed where it does not end. */
function runSection({ name, budgetSeconds }: Section, secondsLeft: number): Promise<void> {
  const limitSeconds = Math.min(budgetSeconds + GRACE_SECONDS, secondsLeft);
  const child = spawn(process.execPath, [argv[1]!, '--section', name, ...(isSmall ? ['--small'] : [])], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors = `${errors}${chunk.toString()}`.slice(-2000);
  });
  createInterface({ input: child.stdout }).on('line', (line) => process.stdout.write(`${line}\n`));
  const timer = setTimeout(() => child.kill('SIGKILL'), limitSeconds * 1000);
  return new Promise((resolve) => {
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      if (status !== 0) {
        const reason =
          signal === 'SIGKILL' ? `no end after ${limitSeconds.toFixed(0)} s` : `status ${status}`;
        print({ section: name, failed: reason, errors });
      }
      resolve();
    });
  });
}

async function runAll(): Promise<void> {
  const startMs = performance.now();
  const seconds = (): number => (performance.now() - startMs) / 1000;
  const totalSeconds = Number(valueOf('--seconds') ?? 570);
  const only = valueOf('--only')?.split(',');
  for (const section of SECTIONS) {
    if (only !== undefined && !only.includes(section.name)) continue;
    const left = totalSeconds - seconds();
    if (left < 10) print({ section: section.name, failed: 'no time left' });
    else await runSection(section, left);
  }
  print({ section: 'all', seconds: Math.round(seconds()) });
}

const asked = valueOf('--section');
if (asked === undefined) {
  await runAll();
} else {
  const section = SECTIONS.find(({ name }) => name === asked)!;
  const startMs = performance.now();
  const context = {
    isSmall,
    report: (line: object) => print({ section: asked, ...line }),
    secondsLeft: () => section.budgetSeconds - (performance.now() - startMs) / 1000,
  };
  await section.run(context).catch((error: unknown) => {
    context.report({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  });
  // Two devices and their threads; nothing is left to wait for.
  process.exit(0);
}
