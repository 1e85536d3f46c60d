// Compiles assembly/ to src/wasm/generated/kernels.ts, which holds the module as base64 text: bundlers then have no asset to handle.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import asc from 'assemblyscript/asc';

const packageDirectory = fileURLToPath(new URL('..', import.meta.url));
process.chdir(packageDirectory);
const directory = 'src/wasm/generated';
mkdirSync(directory, { recursive: true });
const binaryPath = `${directory}/kernels.wasm`;
const { error, stderr } = await asc.main([
  'assembly/index.ts',
  ...['--outFile', binaryPath],
  ...['-O3', '--noAssert', '--converge', '--runtime', 'stub', '--use', 'abort='],
  ...['--enable', 'simd', '--enable', 'threads'],
  // The memory is tfjs's own, so the module must bring no data: its limits are those of tfjs's threaded build.
  ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
]);
if (error) {
  process.stderr.write(`${stderr.toString()}\n${error.message}\n`);
  process.exit(1);
}
const binary = readFileSync(binaryPath);
rmSync(binaryPath);
const limits = sharedMemoryFlagOffset(binary);
writeFileSync(
  `${directory}/kernels.ts`,
  `/** Compiled from assembly/ by scripts/build-kernels.mjs: do not edit. */
export const KERNELS_BASE64 =
  '${binary.toString('base64')}';

/** Where the module says that it imports a shared memory (3) and not an unshared one (1). */
export const SHARED_MEMORY_FLAG_OFFSET = ${limits};
`,
);

/** Offset of the limits flag of the one import, env.memory. */
function sharedMemoryFlagOffset(bytes) {
  const name = Buffer.from('\x03env\x06memory\x02', 'latin1');
  const at = bytes.indexOf(name);
  if (at < 0 || bytes[at + name.length] !== 3)
    throw new Error('The module does not import a shared memory as env.memory.');
  if (bytes.indexOf(name, at + 1) >= 0) throw new Error('The module names env.memory twice.');
  return at + name.length;
}
