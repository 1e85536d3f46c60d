import { execFileSync } from 'node:child_process';
import { cp, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { createRandom } from '@zoo/core';
import type { Augmentation } from '@zoo/data';
import type { Optimizer } from '@zoo/train';
import type { loadWeightsFile as LoadWeightsFile } from '@zoo/weights';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { run as Run } from '../src/run';

import { recordedIo } from './recorded-io';

/** The worked examples of CONTRIBUTING.md: each diff applies to the source as it is, touches two files at most and works. */

const ROOT = resolve(import.meta.dirname, '../../..');
/** Where a package's copy lies: within it, so that its dependencies are found; not under version control. */
const COPY = 'reports/worked-example';

interface Example {
  readonly diff: string;
  readonly files: readonly string[];
}

async function examples(): Promise<Example[]> {
  const text = await readFile(join(ROOT, 'CONTRIBUTING.md'), 'utf8');
  return [...text.matchAll(/```diff\n([\s\S]*?)```/g)].map(([, diff = '']) => ({
    diff,
    files: [...diff.matchAll(/^\+\+\+ b\/(.+)$/gm)].map(([, file]) => file!),
  }));
}

const [variant, format, optimizer, augmentation, command] = (await examples()) as [
  Example,
  Example,
  Example,
  Example,
  Example,
];
const PACKAGES = ['cli', 'data', 'resnet', 'train', 'weights'];
const copyOf = (name: string): string => join(ROOT, 'packages', name, COPY);

beforeAll(async () => {
  await tf.setBackend('cpu');
  for (const name of PACKAGES) {
    await rm(copyOf(name), { recursive: true, force: true });
    await cp(join(ROOT, 'packages', name, 'src'), join(copyOf(name), 'src'), { recursive: true });
    // Where the command line reads its version.
    await cp(join(ROOT, 'packages', name, 'package.json'), join(copyOf(name), 'package.json'));
  }
  for (const { diff } of [variant, format, optimizer, augmentation, command]) {
    const input = diff.replace(/\b(packages\/\w+)\/src\//g, `$1/${COPY}/src/`);
    execFileSync('git', ['apply'], { cwd: ROOT, input });
  }
});

afterAll(async () => {
  for (const name of PACKAGES) await rm(copyOf(name), { recursive: true, force: true });
});

/** What a copied source file exports. */
async function copied<Exports>(name: string, file: string): Promise<Exports> {
  return (await import(/* @vite-ignore */ join(copyOf(name), 'src', file))) as Exports;
}

describe('a worked example of CONTRIBUTING.md', () => {
  it.each([
    ['a variant', variant],
    ['a weight format', format],
    ['an optimizer', optimizer],
    ['an augmentation', augmentation],
    ['a command', command],
  ])('adds %s in at most two source files', (_, { files }) => {
    expect(files.filter((file) => file.includes('/src/')).length).toBeGreaterThan(0);
    expect(files.length).toBeLessThanOrEqual(2);
  });

  it('makes ResNet-C, with timm’s parameters', async () => {
    const { resnet50 } = await copied<{ resnet50(options: object): tfl.LayersModel }>(
      'resnet',
      'networks.ts',
    );
    const model = resnet50({ variant: 'resnetC', kernelInitializer: 'zeros' });
    const sizes = model.trainableWeights.map(({ shape }) => tf.util.sizeFromShape(shape as number[]));
    expect(sizes.reduce((a, b) => a + b)).toBe(25_576_264);
    model.dispose();
  });

  it('loads what np.savez wrote', async () => {
    const { loadWeightsFile } = await copied<{ loadWeightsFile: typeof LoadWeightsFile }>(
      'weights',
      'load-weights.ts',
    );
    const dense = tfl.layers.dense({ name: 'dense', units: 2, inputShape: [3] });
    const model = tfl.sequential({ layers: [dense] });
    // np.savez(path, **{'dense/kernel': np.arange(6, dtype='f4').reshape(3, 2), 'dense/bias': np.array([.5, -.5])})
    await loadWeightsFile(model, join(ROOT, 'packages/weights/test/fixtures/dense.npz'));
    expect(model.getWeights().map((weight) => [...weight.dataSync()])).toEqual([
      [0, 1, 2, 3, 4, 5],
      [0.5, -0.5],
    ]);
    model.dispose();
  });

  it('steps by the sign of the gradient', async () => {
    const { signSgd } = await copied<{ signSgd(options?: object): Optimizer }>(
      'train',
      'optimizers/index.ts',
    );
    const start = tf.tensor1d([1, 2, 3]);
    const variable = tf.variable(start);
    const parameter = { name: 'weight', variable };
    const state = signSgd({ learningRate: 0.5 }).init([parameter]);
    const gradient = tf.tensor1d([7, -0.1, 0]);
    state.update([gradient], { learningRate: 0.5, step: 1, gradientScale: 1 });
    expect([...variable.dataSync()]).toEqual([0.5, 2.5, 3]);
    expect(() => signSgd({ momentum: 0.9 })).toThrow('Known options: learningRate');
    state.dispose();
    tf.dispose([start, gradient, variable]);
  });

  it('makes a negative', async () => {
    const { randomInvert } = await copied<{ randomInvert(options?: object): Augmentation }>(
      'data',
      'index.ts',
    );
    const image = { pixels: Uint8Array.of(0, 100, 255), height: 1, width: 1, channels: 3 } as const;
    const target = { height: 1, width: 1 };
    expect([...randomInvert({ probability: 1 }).apply(image, createRandom(0), target).pixels]).toEqual([
      255, 155, 0,
    ]);
  });

  it('prints the folder of downloads', async () => {
    const { run } = await copied<{ run: typeof Run }>('cli', 'run.ts');
    const io = recordedIo({ environment: { ZOO_CACHE_DIRECTORY: '/downloads' } });
    expect({ status: await run(['cache'], io), errors: io.errors() }).toEqual({ status: 0, errors: '' });
    expect(io.output()).toBe('/downloads\n');
  });
});
