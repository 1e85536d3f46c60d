// Bundles a benchmark from source and runs it: `node benchmarks/run.mjs tensorflow 128 16`. Needs no build of the packages.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const [name, ...args] = process.argv.slice(2);
const folder = fileURLToPath(new URL('.', import.meta.url));
// A benchmark's own child programs are called after it: tensorflow.ts, tensorflow-step.ts.
const sources = readdirSync(folder).filter(
  (file) => file.endsWith('.ts') && (file === `${name}.ts` || file.startsWith(`${name}-`)),
);
/** For libraries that are CommonJS. */
const COMMON_JS = {
  js: "import { createRequire as zooCreateRequire } from 'node:module'; const require = zooCreateRequire(import.meta.url);",
};
const outfile = `${folder}dist/${name}.mjs`;
await build({
  entryPoints: sources.map((file) => `${folder}${file}`),
  outdir: `${folder}dist`,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  conditions: ['@zoo/source'],
  external: [
    '@tensorflow/*',
    'sharp',
    '@julusian/jpeg-turbo',
    'esbuild',
    'fs-native-extensions',
    'h5wasm',
    'playwright-core',
    'koffi',
  ],
  banner: COMMON_JS,
  logLevel: 'warning',
});
if (args[0] === '--bundle') {
  // One file for a machine without node_modules; only Dawn stays beside it.
  await build({
    entryPoints: [`${folder}${name}.ts`],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@zoo/source'],
    minifySyntax: true,
    minifyWhitespace: true,
    external: ['webgpu', '@tensorflow/tfjs-node*', 'sharp', '@julusian/jpeg-turbo', 'h5wasm'],
    banner: COMMON_JS,
    logLevel: 'warning',
  });
  process.exit(0);
}
const child = spawn(process.execPath, ['--expose-gc', outfile, ...args], { stdio: 'inherit' });
child.on('close', (status) => process.exit(status ?? 1));
