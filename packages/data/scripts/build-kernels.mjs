// Compiles assembly/ to files in src/image/jpeg/generated/, which hold the modules, deflated, as base64 text: bundlers then have no asset to
// handle. The decoder alone is a file of its own, for pages.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';

import asc from 'assemblyscript/asc';

import { hashSources } from './hash-sources.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const directory = 'src/image/jpeg/generated';
mkdirSync(directory, { recursive: true });
const OWN_MEMORY = ['--initialMemory', '1', '--maximumMemory', '4096', '--memoryBase', '47104'];
const pictureKernels = await compile(['assembly/jpeg.ts', 'assembly/pixels.ts'], OWN_MEMORY);
const decoderKernels = await compile(['assembly/jpeg.ts'], OWN_MEMORY);
const valueKernels = await compile(
  ['assembly/values.ts'],
  [
    '--enable',
    'threads',
    '--importMemory',
    '--sharedMemory',
    '--initialMemory',
    '1',
    '--maximumMemory',
    '65536',
  ],
);
writeFileSync(
  `${directory}/kernels.ts`,
  `/** Compiled from assembly/ by scripts/build-kernels.mjs, deflated (RFC 1951), as base64: do not edit. */
export const PICTURE_KERNELS =
  '${deflateRawSync(pictureKernels, { level: 9 }).toString('base64')}';

/** assembly/values.ts alone, on a shared memory, as base64. */
export const VALUE_KERNELS =
  '${valueKernels.toString('base64')}';

/** What the sources hashed to. */
export const SOURCES_HASH = '${hashSources()}';
`,
);
writeFileSync(
  `${directory}/decoder-kernels.ts`,
  `/** assembly/jpeg.ts alone, compiled by scripts/build-kernels.mjs, deflated (RFC 1951), as base64: do not edit. */
export const DECODER_KERNELS =
  '${deflateRawSync(decoderKernels, { level: 9 }).toString('base64')}';
`,
);

async function compile(sources, options) {
  const binaryPath = `${directory}/kernels.wasm`;
  const { error, stderr } = await asc.main([
    ...sources,
    ...['--outFile', binaryPath],
    ...['-O3', '--noAssert', '--converge', '--runtime', 'stub', '--use', 'abort=', '--enable', 'simd'],
    ...options,
  ]);
  if (error) {
    process.stderr.write(`${stderr.toString()}\n${error.message}\n`);
    process.exit(1);
  }
  const binary = readFileSync(binaryPath);
  rmSync(binaryPath);
  return binary;
}
