import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { nodeBuiltins } from '../src/engines/node-builtins';
import { findBinding } from '../src/engines/tensorflow/find-binding';
import { rememberVerdict } from '../src/engines/tensorflow/onednn-probe';
import { restoreNodeUtil } from '../src/engines/tensorflow/restore-node-util';
import { findTensorFlowBuilds, TENSORFLOW_BUILD_FILE } from '../src/engines/tensorflow/tensorflow-build';
import { buildTensorFlow, removeTensorFlowBuilds } from '../src/node';

const builtins = nodeBuiltins()!;
const place = temporaryDirectory();

beforeEach(() => {
  vi.stubEnv('ZOO_CACHE_DIRECTORY', place());
  vi.stubEnv('ZOO_TFJS_NODE', undefined);
});

afterEach(() => {
  vi.unstubAllEnvs();
});

/** A folder that looks like a build of `zoo native`. */
function placeBuild(tensorflowVersion: string, { cuda = false, isFinished = true } = {}): string {
  const directory = place('tensorflow', `tensorflow-${tensorflowVersion}-${cuda ? 'cuda' : 'cpu'}`);
  mkdirSync(directory, { recursive: true });
  const build = { tensorflowVersion, cuda, packageDirectory: directory, tensorflowDirectory: place() };
  if (isFinished) writeFileSync(join(directory, TENSORFLOW_BUILD_FILE), JSON.stringify(build));
  return directory;
}

describe('the search for tfjs-node', () => {
  it('says that nothing is installed where nothing is', () => {
    expect(findBinding(builtins, '@tensorflow/tfjs-node-gpu')).toEqual({
      absentBecause: '@tensorflow/tfjs-node-gpu is not installed',
    });
  });

  it('names the folder in $ZOO_TFJS_NODE if it holds no binding', () => {
    vi.stubEnv('ZOO_TFJS_NODE', place());
    expect(findBinding(builtins, '@tensorflow/tfjs-node')).toEqual({
      absentBecause: `$ZOO_TFJS_NODE holds no built tfjs-node (${place()})`,
    });
  });

  it('finds the folder in $ZOO_TFJS_NODE if it holds a binding', () => {
    mkdirSync(place('lib', 'napi-v8'), { recursive: true });
    writeFileSync(place('lib', 'napi-v8', 'tfjs_binding.node'), '');
    vi.stubEnv('ZOO_TFJS_NODE', place());
    expect(findBinding(builtins, '@tensorflow/tfjs-node')).toMatchObject({ directory: place() });
  });

  it('takes the build against the newest TensorFlow, with CUDA for the GPU engine only', () => {
    placeBuild('2.9.1');
    placeBuild('2.21.0');
    const withCuda = placeBuild('2.20.0', { cuda: true });
    expect(findTensorFlowBuilds(builtins).map((build) => build.tensorflowVersion)).toEqual([
      '2.21.0',
      '2.20.0',
      '2.9.1',
    ]);
    expect(findBinding(builtins, '@tensorflow/tfjs-node-gpu')).toMatchObject({ directory: withCuda });
  });

  it('passes over a build that was not finished or whose TensorFlow is gone', () => {
    placeBuild('2.20.0', { isFinished: false });
    const directory = placeBuild('2.21.0');
    const file = join(directory, TENSORFLOW_BUILD_FILE);
    const build = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({ ...build, tensorflowDirectory: place('gone') }));
    expect(findTensorFlowBuilds(builtins)).toEqual([]);
  });
});

describe('removeTensorFlowBuilds', () => {
  it('removes every build and says which', () => {
    const directory = placeBuild('2.21.0');
    expect(removeTensorFlowBuilds()).toEqual([directory]);
    expect(existsSync(directory)).toBe(false);
    expect(removeTensorFlowBuilds()).toEqual([]);
  });
});

describe('buildTensorFlow', () => {
  it('asks for TensorFlow where the named Python has none', async () => {
    const steps: string[] = [];
    const build = buildTensorFlow({
      python: place('no-python'),
      onStep: ({ name }) => steps.push(name),
    });
    await expect(build).rejects.toMatchObject({ code: 'unsupported' });
    await expect(build).rejects.toThrow('-m pip install tensorflow');
    expect(steps).toEqual(['find-tensorflow']);
  });

  it('stops where it is told to', async () => {
    const build = buildTensorFlow({ signal: AbortSignal.abort(new Error('enough')) });
    await expect(build).rejects.toThrow('enough');
    expect(existsSync(place('tensorflow'))).toBe(false);
  });
});

describe("oneDNN's verdict", () => {
  it('is asked for once and remembered', async () => {
    const probe = vi.fn(() => Promise.resolve('crashes' as const));
    expect(await rememberVerdict(builtins, '/somewhere', probe)).toBe('crashes');
    expect(await rememberVerdict(builtins, '/somewhere', probe)).toBe('crashes');
    expect(probe).toHaveBeenCalledTimes(1);
    expect(await rememberVerdict(builtins, '/elsewhere', () => Promise.resolve('works'))).toBe('works');
    expect(readFileSync(place('onednn.json'), 'utf8')).toContain(builtins.operatingSystem.hostname());
  });

  it('is asked for again if its file is damaged', async () => {
    writeFileSync(place('onednn.json'), '{ "half');
    expect(await rememberVerdict(builtins, '/somewhere', () => Promise.resolve('works'))).toBe('works');
  });
});

describe('restoreNodeUtil', () => {
  it('puts back what Node 23 removed and leaves what is there', () => {
    const isArray = (): boolean => true;
    const util = { isArray } as unknown as typeof builtins.util;
    restoreNodeUtil(util);
    const restored = util as unknown as Record<string, (value: unknown) => boolean>;
    expect(restored.isArray).toBe(isArray);
    expect([null, undefined, 0, ''].map((value) => restored.isNullOrUndefined!(value))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
