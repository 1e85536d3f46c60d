// Compiles assembly/ to src/image/jpeg/generated/kernels.ts, which holds the module, deflated, as base64 text: bundlers then have no
// asset to handle.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';

import asc from 'assemblyscript/asc';

import { hashSources } from './hash-sources.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const directory = 'src/image/jpeg/generated';
mkdirSync(directory, { recursive: true });
const binaryPath = `${directory}/kernels.wasm`;
const { error, stderr } = await asc.main([
  ...['assembly/jpeg.ts', 'assembly/pixels.ts'],
  ...['--outFile', binaryPath],
  ...['-O3', '--noAssert', '--converge', '--runtime', 'stub', '--use', 'abort=', '--enable', 'simd'],
  ...['--initialMemory', '1', '--maximumMemory', '4096', '--memoryBase', '47104'],
]);
if (error) {
  process.stderr.write(`${stderr.toString()}\n${error.message}\n`);
  process.exit(1);
}
writeFileSync(
  `${directory}/kernels.ts`,
  `/** Compiled from assembly/ by scripts/build-kernels.mjs, deflated (RFC 1951), as base64: do not edit. */
export const PICTURE_KERNELS =
  '${deflateRawSync(readFileSync(binaryPath), { level: 9 }).toString('base64')}';

/** What the sources hashed to. */
export const SOURCES_HASH = '${hashSources()}';
`,
);
rmSync(binaryPath);
