import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

/** How Open MPI's programs are started in tests: no process is bound to a core, since tests run beside others. */
export const OPEN_MPI = {
  command: 'mpirun.openmpi',
  flags: ['--allow-run-as-root', '--oversubscribe', '--bind-to', 'none'],
} as const;

/** A program that has ended. */
export interface Launched<Report> {
  readonly code: number | null;
  /** The lines of JSON that the ranks printed, in the order of ranks. */
  readonly reports: Report[];
  readonly errors: string;
  readonly seconds: number;
}

/** Bundles a program beside this file to one that Node runs; the caller removes it. */
export async function buildProgram(name: string): Promise<{ path: string; remove: () => void }> {
  // Within the package, so that its dependencies are found.
  const cache = fileURLToPath(new URL('../node_modules/.cache/', import.meta.url));
  mkdirSync(cache, { recursive: true });
  const path = join(cache, `${name}-${process.pid}.mjs`);
  await build({
    entryPoints: [fileURLToPath(new URL(`${name}.ts`, import.meta.url))],
    outfile: path,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@zoo/source'],
    external: ['koffi', 'fs-native-extensions', '@tensorflow/*', 'webgpu'],
    logLevel: 'error',
  });
  return { path, remove: () => rmSync(path) };
}

/** Runs a launcher to its end. */
export async function launch<Report extends { rank: number }>(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Launched<Report>> {
  const begin = performance.now();
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  const reports = output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Report)
    .sort((left, right) => left.rank - right.rank);
  return { code, reports, errors, seconds: (performance.now() - begin) / 1000 };
}
