// Compiles assembly/ to src/engines/wasm/generated/, which holds the modules, deflated, as base64 text: bundlers then have no asset to handle.
// Each module is a file of its own, so that a page fetches the one that its browser runs. tfjs-backend-wasm's own builds are put beside them.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';

import asc from 'assemblyscript/asc';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const directory = 'src/engines/wasm/generated';
rmSync(directory, { recursive: true, force: true });
mkdirSync(directory, { recursive: true });

writeModule(
  'sources-hash',
  `/** What the kernels' sources hashed to; see hashSources in src/engines/wasm/platform-node.ts, which does the same. */
export const SOURCES_HASH = '${hashSources()}';`,
);
writeModule('kernels', await kernels('For every runtime with 128-bit SIMD and atomics.', []));
writeModule(
  'relaxed-kernels',
  await kernels('With fused multiply-add, for runtimes with relaxed SIMD.', ['--enable', 'relaxed-simd']),
);
for (const build of ['simd', 'threaded-simd']) {
  writeModule(
    `tensorflow-wasm-${build}`,
    `/** TensorFlow.js' tfjs-backend-wasm-${build}.wasm (Apache-2.0, Google LLC), unchanged: deflated (RFC 1951), as base64. */
export const binary = '${deflated(tensorflowBinary(build))}';`,
  );
}

/** The text of a module with the compiled kernels. */
async function kernels(purpose, features) {
  const binary = await compile(features);
  return `/** ${purpose} Deflated (RFC 1951), as base64. */
export const kernels = '${deflated(binary)}';

/** Where the module says that it imports a shared memory (3) and not an unshared one (1). */
export const sharedMemoryFlagOffset = ${sharedMemoryFlagOffset(binary)};`;
}

function writeModule(name, text) {
  writeFileSync(`${directory}/${name}.ts`, `// Made by scripts/build-kernels.mjs: do not edit.\n${text}\n`);
}

function deflated(binary) {
  return deflateRawSync(binary, { level: 9 }).toString('base64');
}

function tensorflowBinary(build) {
  const { resolve } = createRequire(import.meta.url);
  const folder = dirname(resolve('@tensorflow/tfjs-backend-wasm/package.json'));
  return readFileSync(join(folder, 'dist', `tfjs-backend-wasm-${build}.wasm`));
}

function hashSources() {
  const sources = readdirSync('assembly')
    .sort()
    .map((name) => readFileSync(`assembly/${name}`, 'utf8'));
  return createHash('sha256').update(sources.join()).digest('hex');
}

/** The compiled module. */
async function compile(features) {
  const binaryPath = `${directory}/kernels.wasm`;
  const { error, stderr } = await asc.main([
    'assembly/index.ts',
    ...['--outFile', binaryPath],
    ...['-O3', '--noAssert', '--converge', '--runtime', 'stub', '--use', 'abort='],
    ...['--enable', 'simd', '--enable', 'threads', ...features],
    // The memory is tfjs's own, so the module must bring no data: its limits are those of tfjs's threaded build.
    ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
  ]);
  if (error) {
    process.stderr.write(`${stderr.toString()}\n${error.message}\n`);
    process.exit(1);
  }
  const binary = readFileSync(binaryPath);
  rmSync(binaryPath);
  return binary;
}

/** Offset of the limits flag of the one import, env.memory. */
function sharedMemoryFlagOffset(bytes) {
  const name = Buffer.from('\x03env\x06memory\x02', 'latin1');
  const at = bytes.indexOf(name);
  if (at < 0 || bytes[at + name.length] !== 3)
    throw new Error('The module does not import a shared memory as env.memory.');
  if (bytes.indexOf(name, at + 1) >= 0) throw new Error('The module names env.memory twice.');
  return at + name.length;
}
