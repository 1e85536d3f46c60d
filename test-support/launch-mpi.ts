import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
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
  /** All that went to standard output. */
  readonly output: string;
  /** The lines of JSON that the ranks printed, in the order of ranks. */
  readonly reports: Report[];
  readonly errors: string;
  readonly seconds: number;
}

/** Bundles a program to one that Node runs, in the package that `entry` belongs to; the caller removes it. */
export async function buildProgram(entry: URL): Promise<{ path: string; remove: () => void }> {
  // One folder below the package, so that its dependencies are found, and its manifest where the built program looks for it.
  const folder = fileURLToPath(new URL('../reports/', entry));
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${basename(entry.pathname, '.ts')}-${process.pid}.mjs`);
  await build({
    entryPoints: [fileURLToPath(entry)],
    outfile: path,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@zoo/source'],
    external: ['koffi', 'fs-native-extensions', 'sharp', 'commander', '@tensorflow/*', 'webgpu'],
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
    logLevel: 'error',
  });
  return { path, remove: () => rmSync(path) };
}

/** Options of {@link launch}. */
export interface LaunchOptions {
  environment?: Readonly<Record<string, string>>;
  /** Called with all that has gone to standard error so far, whenever more has come. */
  onError?: (errors: string, launcher: ChildProcess) => void;
}

/** Runs a launcher to its end. */
export async function launch<Report extends { rank: number }>(
  command: string,
  args: readonly string[],
  { environment = {}, onError }: LaunchOptions = {},
): Promise<Launched<Report>> {
  const begin = performance.now();
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  child.stderr.on('data', (text: Buffer) => {
    errors += text.toString();
    onError?.(errors, child);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  const reports = output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Report)
    .sort((left, right) => left.rank - right.rank);
  return { code, output, reports, errors, seconds: (performance.now() - begin) / 1000 };
}
