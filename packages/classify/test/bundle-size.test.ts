import { gzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { bundlePage } from '../../../test-support/bundle-page';

/** Bytes of all JavaScript, in gzip and before, that a page loads at once and in all; of ours alone where TensorFlow.js is left out. */
async function sizes(
  source: string,
  { withTensorFlow = false } = {},
): Promise<{ atOnce: number; inAll: number; minifiedAtOnce: number; modules: readonly string[] }> {
  const { atOnce, later, outputsAtOnce } = await bundlePage(source, {
    folder: new URL('..', import.meta.url),
    conditions: ['browser'],
    external: withTensorFlow ? ['@tensorflow/tfjs-backend-webgpu'] : ['@tensorflow/*'],
  });
  const bytes = (files: typeof atOnce): number =>
    files.reduce((sum, { contents }) => sum + gzipSync(contents).length, 0);
  return {
    atOnce: bytes(atOnce),
    inAll: bytes([...atOnce, ...later]),
    minifiedAtOnce: atOnce.reduce((sum, { contents }) => sum + contents.length, 0),
    modules: outputsAtOnce
      .flatMap(({ inputs }) => Object.entries(inputs))
      .flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  };
}

describe('a page that classifies', () => {
  it('loads few kilobytes of ours at once, and the readers of other formats when they are asked for', async () => {
    const { atOnce, inAll } = await sizes(
      "import { openClassifier } from './src/index'; openClassifier('model/').then((c) => c.classify('a.png')).then(console.log);",
    );
    // 0.15 kB of it are the bicubic filter, which timm's networks read pictures by.
    expect(atOnce).toBeLessThan(14_900);
    // 7 kB of it decode small JPEG files as in Node; 0.4 kB read int8 weights; 2.5 kB are what `explain` loads: esbuild puts them into the chunk of the networks; 3.8 kB open models of the Hugging Face Hub, and 0.9 kB find the licence on their card.
    expect(inAll).toBeLessThan(129_600);
  });

  it('loads of TensorFlow.js core and layers at once, the backend of an engine when it starts, and nothing else', async () => {
    const { atOnce, minifiedAtOnce, modules } = await sizes(
      "import { openClassifier } from './src/index'; import { resnet18 } from '@zoo/resnet'; import { startWasm } from '@zoo/engine'; globalThis.used = [openClassifier, resnet18, startWasm];",
      { withTensorFlow: true },
    );
    const parts = modules.flatMap((path) => /node_modules\/@tensorflow\/([\w-]+)/.exec(path)?.[1] ?? []);
    expect([...new Set(parts)].sort()).toEqual(['tfjs-core', 'tfjs-layers']);
    // It had 1376 kB with all of TensorFlow.js, and 651 kB with what binds TensorFlow's C library in Node.
    expect(minifiedAtOnce).toBeLessThan(602_500);
    expect(atOnce).toBeLessThan(181_500);
  });
});
