import { gzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { bundlePage } from '../../../../test-support/bundle-page';

describe('a page that trains in a worker', () => {
  it('loads neither the training nor an engine, which are the worker’s, and few kilobytes of ours', async () => {
    const { atOnce, outputsAtOnce } = await bundlePage(
      "import { trainInWorker } from './src/worker'; import { sgd } from './src/index'; globalThis.used = [trainInWorker, sgd];",
      { folder: new URL('../..', import.meta.url), conditions: ['browser'], external: ['@tensorflow/*'] },
    );
    const modules = outputsAtOnce
      .flatMap(({ inputs }) => Object.entries(inputs))
      .flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []));
    const named = (name: string): boolean => modules.some((path) => path.endsWith(name));
    expect(named('src/worker/train-in-worker.ts')).toBe(true);
    expect(named('src/fit.ts')).toBe(false);
    expect(named('src/training/training-step.ts')).toBe(false);
    expect(modules.filter((path) => path.includes('engine/'))).toEqual([]);
    const bytes = atOnce.reduce((sum, { contents }) => sum + gzipSync(contents).length, 0);
    // 3 kB are the update rules, 0.6 kB of them Muon: a rule that the page made is sent by its name and settings.
    expect(bytes).toBeLessThan(13_500);
  });
});
