import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

describe('@zoo/data/options', () => {
  it('loads neither TensorFlow.js nor any other package', async () => {
    const { metafile } = await build({
      entryPoints: [fileURLToPath(new URL('../src/options.ts', import.meta.url))],
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      conditions: ['@zoo/source'],
    });
    const files = Object.keys(metafile.inputs);
    expect(files.filter((file) => file.includes('node_modules'))).toEqual([]);
    expect(files.some((file) => file.endsWith('image-batches-options.ts'))).toBe(true);
  });
});
