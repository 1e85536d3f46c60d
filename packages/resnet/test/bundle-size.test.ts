import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

async function bundled(source: string): Promise<string> {
  const result = await build({
    stdin: { contents: source, resolveDir: fileURLToPath(new URL('..', import.meta.url)), loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    minify: true,
    conditions: ['@zoo/source'],
    external: ['@tensorflow/tfjs'],
  });
  return result.outputFiles[0]!.text;
}

describe('a bundle', () => {
  it('that only calls resnet18 holds neither labels nor other families, in 24 kB', async () => {
    const text = await bundled("import { resnet18 } from './src/index'; globalThis.model = resnet18();");
    expect(text).toContain('resnet18');
    for (const other of [
      'golden_retriever',
      'resnet152',
      'preact_bn',
      'resnet50v2',
      'keras-applications',
      '6n + 2',
    ]) {
      expect(text).not.toContain(other);
    }
    expect(text.length).toBeLessThan(24_000);
  });

  it('that imports the package and uses nothing is empty', async () => {
    expect((await bundled("import './src/index';")).length).toBeLessThan(50);
  });

  it('has the labels only from their own subpath', async () => {
    const text = await bundled(
      "import { decodePredictions } from './src/index'; globalThis.decode = decodePredictions;",
    );
    expect(text).not.toContain('golden_retriever');
  });
});
