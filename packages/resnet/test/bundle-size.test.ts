import { gzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { bundlePage } from '../../../test-support/bundle-page';

interface Bundle {
  /** What a page loads before it runs. */
  readonly atOnce: string;
  /** What it may load later on. */
  readonly later: string;
  /** The modules of ours that any of it holds something of. */
  readonly modules: readonly string[];
}

async function bundled(source: string, { splitting = true } = {}): Promise<Bundle> {
  const { atOnce, later, outputs } = await bundlePage(source, {
    folder: new URL('..', import.meta.url),
    external: ['@tensorflow/*'],
    splitting,
  });
  const textOf = (files: typeof atOnce): string => files.map(({ text }) => text).join('\n');
  const inputs = outputs.flatMap((output) => Object.keys(output.inputs));
  return {
    atOnce: textOf(atOnce),
    later: textOf(later),
    modules: inputs.filter((path) => path.startsWith('src/')),
  };
}

const RESNET18 = "import { resnet18 } from './src/index'; globalThis.model = resnet18();";

describe('a bundle', () => {
  it.each([true, false])(
    'that only calls resnet18 holds neither labels nor the table of names (splitting: %j)',
    async (splitting) => {
      const { modules } = await bundled(RESNET18, { splitting });
      expect(modules.filter((path) => /networks|create-resnet|imagenet/.test(path))).toEqual([
        'src/networks.ts',
      ]);
    },
  );

  it('that only calls resnet18 holds neither labels nor other families nor readers of weights, in 27 kB', async () => {
    const { atOnce } = await bundled(RESNET18);
    expect(atOnce).toContain('resnet18');
    for (const other of [
      'golden_retriever',
      'resnet152',
      'preact_bn',
      'resnet50v2',
      'keras-applications',
      '6n + 2',
      'pickle',
    ]) {
      expect(atOnce.includes(other), other).toBe(false);
    }
    expect(atOnce.length).toBeLessThan(27_000);
  });

  it('that calls resnet18 and preprocessInput takes 12 kB in gzip beside TensorFlow.js', async () => {
    const { atOnce } = await bundled(
      "import { preprocessInput, resnet18 } from './src/index'; globalThis.used = [preprocessInput, resnet18()];",
    );
    expect(gzipSync(atOnce).length).toBeLessThan(12_000);
  });

  it('loads catalogue and readers when weights are asked for: 144 kB, no labels, no other families', async () => {
    const { later } = await bundled(RESNET18);
    expect(later).toContain('keras-applications');
    for (const other of ['golden_retriever', 'n + 2', '"node:', "'node:"])
      expect(later.includes(other), other).toBe(false);
    expect(later.length).toBeLessThan(144_400);
  });

  it('that can’t be split holds them too, in 169 kB', async () => {
    const { atOnce, later } = await bundled(RESNET18, { splitting: false });
    for (const other of ['golden_retriever', 'n + 2', '"node:', "'node:"])
      expect(atOnce.includes(other), other).toBe(false);
    expect([later, atOnce.length < 169_500]).toEqual(['', true]);
  });

  it('that imports the package and uses nothing is empty', async () => {
    expect((await bundled("import './src/index';")).atOnce.length).toBeLessThan(50);
  });

  it('has the labels only from their own subpath', async () => {
    const { atOnce } = await bundled(
      "import { decodePredictions } from './src/index'; globalThis.decode = decodePredictions;",
    );
    expect(atOnce).not.toContain('golden_retriever');
  });
});
