import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

describe('@zoo/weights/options', () => {
  it('loads neither TensorFlow.js nor any other package', async () => {
    const { metafile } = await build({
      entryPoints: [fileURLToPath(new URL('../src/loading-options.ts', import.meta.url))],
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      conditions: ['@zoo/source'],
    });
    expect(Object.keys(metafile.inputs).filter((file) => file.includes('node_modules'))).toEqual([]);
  });
});
