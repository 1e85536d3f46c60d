// Programs of this folder that read the packages' TypeScript: bundled from source, without a build.
import { mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { build } from 'esbuild';

export const root = resolve(import.meta.dirname, '..');

/** Runs TypeScript with top-level exports, imports from the packages included, and returns what it exports. */
export async function importSource(contents) {
  const folder = mkdtempSync(join(root, 'node_modules', '.zoo-script-'));
  try {
    const outfile = join(folder, 'program.mjs');
    await build({
      stdin: { contents, resolveDir: join(root, 'packages'), loader: 'ts' },
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      conditions: ['@zoo/source'],
      external: ['@tensorflow/*'],
      logLevel: 'warning',
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
