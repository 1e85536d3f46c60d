// Compiles assembly/ to src/engines/wasm/generated/kernels.ts, which holds the modules, deflated, as base64 text: bundlers then have no asset
// to handle.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';

import asc from 'assemblyscript/asc';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const directory = 'src/engines/wasm/generated';
mkdirSync(directory, { recursive: true });
writeFileSync(
  `${directory}/kernels.ts`,
  `/** Compiled from assembly/ by scripts/build-kernels.mjs: do not edit. */
export interface CompiledKernels {
  /** The module, deflated (RFC 1951). */
  readonly base64: string;
  /** Where the module says that it imports a shared memory (3) and not an unshared one (1). */
  readonly sharedMemoryFlagOffset: number;
}

/** For every runtime with 128-bit SIMD and atomics. */
export const KERNELS: CompiledKernels = ${await compile([])};

/** What the sources hashed to; see hashSources in src/engines/wasm/platform-node.ts, which does the same. */
export const SOURCES_HASH = '${hashSources()}';

/** With fused multiply-add, for runtimes with relaxed SIMD. */
export const RELAXED_KERNELS: CompiledKernels = ${await compile(['--enable', 'relaxed-simd'])};
`,
);

function hashSources() {
  const sources = readdirSync('assembly')
    .sort()
    .map((name) => readFileSync(`assembly/${name}`, 'utf8'));
  return createHash('sha256').update(sources.join()).digest('hex');
}

/** The compiled module as the text of a CompiledKernels. */
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
  return `{
  base64:
    '${deflateRawSync(binary, { level: 9 }).toString('base64')}',
  sharedMemoryFlagOffset: ${sharedMemoryFlagOffset(binary)},
}`;
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
