import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

/** Bytes of all JavaScript of ours, gzipped, that a page loads at once and in all. */
async function sizes(source: string): Promise<{ atOnce: number; inAll: number }> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: source, resolveDir: fileURLToPath(new URL('..', import.meta.url)), loader: 'ts' },
    bundle: true,
    write: false,
    metafile: true,
    outdir: 'out',
    format: 'esm',
    minify: true,
    conditions: ['@zoo/source', 'browser'],
    external: ['@tensorflow/tfjs'],
    splitting: true,
  });
  const first = Object.keys(metafile.outputs).find((path) => path.endsWith('stdin.js'))!;
  const needed = new Set([first]);
  for (const path of needed) {
    const imports = metafile.outputs[path]!.imports.filter(({ external }) => external !== true);
    for (const { kind, path: other } of imports) if (kind === 'import-statement') needed.add(other);
  }
  const bytes = (files: typeof outputFiles): number =>
    files.reduce((sum, { contents }) => sum + gzipSync(contents).length, 0);
  return {
    atOnce: bytes(outputFiles.filter(({ path }) => [...needed].some((name) => path.endsWith(name)))),
    inAll: bytes(outputFiles),
  };
}

describe('a page that classifies', () => {
  it('loads few kilobytes of ours at once, and the readers of other formats when they are asked for', async () => {
    const { atOnce, inAll } = await sizes(
      "import { openClassifier } from './src/index'; openClassifier('model/').then((c) => c.classify('a.png')).then(console.log);",
    );
    expect(atOnce).toBeLessThan(22_000);
    expect(inAll).toBeLessThan(115_000);
  });
});
