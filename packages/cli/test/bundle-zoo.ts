import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

/** Bundles `zoo` from source into a program that Node runs by itself; its path, the caller's to remove. */
export async function bundleZoo(): Promise<string> {
  // A folder of the package, as dist is: its dependencies and package.json are found.
  const reports = fileURLToPath(new URL('../reports/', import.meta.url));
  mkdirSync(reports, { recursive: true });
  const program = join(reports, `zoo-${process.pid}.mjs`);
  await build({
    entryPoints: [fileURLToPath(new URL('../src/zoo.ts', import.meta.url))],
    ...{ outfile: program, bundle: true, platform: 'node', format: 'esm', conditions: ['@zoo/source'] },
    external: ['@tensorflow/*', 'commander', 'fs-native-extensions', 'koffi', 'sharp', 'webgpu'],
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
    logLevel: 'error',
  });
  return program;
}
