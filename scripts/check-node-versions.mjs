// Runs the wasm engine's tests on other releases of Node.js, whose binaries npm has as packages: `node scripts/check-node-versions.mjs 22 24 26`.
// Keeps them in the cache folder. A release that can't be had is skipped with a message; a failing test exits with 1.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const userCache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
const cache = join(process.env.ZOO_CACHE_DIRECTORY ?? join(userCache, 'zoo'), 'node');
const TESTS = ['wasm-contract-2-threads', 'wasm-threads', 'wasm-memory', 'select-engine', 'upstream-bugs'];

const majors = process.argv.slice(2);
const failed = (majors.length > 0 ? majors : ['22', '24', '26']).filter((major) => !passesOn(major));
if (failed.length > 0) {
  console.error(`Failed on Node.js ${failed.join(', ')}.`);
  process.exitCode = 1;
}

function passesOn(major) {
  const node = findNode(major);
  if (typeof node !== 'string') {
    console.log(`Node.js ${major}: skipped, ${node.absentBecause}`);
    return true;
  }
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const { status, stdout, stderr } = spawnSync(
    node,
    [vitest, 'run', '--config', '../../vitest.shared.ts', '--root', '.', '--reporter=dot', ...TESTS],
    { cwd: join(root, 'packages', 'engine'), encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } },
  );
  const count = /Tests +(.*)/.exec(stdout)?.[1];
  console.log(
    `${execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()}: ${count ?? 'no tests ran'}`,
  );
  if (status !== 0) console.error(stdout + stderr);
  return status === 0;
}

/** The binary of the newest release of a major version. */
function findNode(major) {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const folder = join(cache, `${name}-${major}`);
  const binary = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(binary)) return binary;
  const work = join(cache, `unfinished-${process.pid}`);
  mkdirSync(work, { recursive: true });
  try {
    const packed = npm(['pack', `${name}@${newest(name, major)}`, '--json', '--silent'], work);
    execFileSync('tar', ['xzf', JSON.parse(packed)[0].filename], { cwd: work });
    renameSync(join(work, 'package'), folder);
    return binary;
  } catch (error) {
    const lines = (error.stderr?.trim() || error.message).split('\n');
    const fault = lines.find((line) => !line.startsWith('npm warn')) ?? 'no reason given';
    return { absentBecause: `npm gives no ${name}@${major} (${fault})` };
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
