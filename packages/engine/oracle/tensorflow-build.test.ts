import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it, vi } from 'vitest';

import { isOracleAbsent, ORACLE_NOTE, ORACLE_PYTHON } from '../../../test-support/oracle-python';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { selectEngine } from '../src';
import { buildTensorFlow } from '../src/node';

describe.skipIf(isOracleAbsent)(`the binding against the oracle's TensorFlow${ORACLE_NOTE}`, () => {
  const place = temporaryDirectory('suite');
  vi.stubEnv('ZOO_CACHE_DIRECTORY', place());
  vi.stubEnv('ZOO_TFJS_NODE', undefined);

  afterAll(() => {
    vi.unstubAllEnvs();
  });

  const build = async (): Promise<string[]> => {
    const steps: string[] = [];
    await buildTensorFlow({ python: ORACLE_PYTHON, onStep: ({ name }) => steps.push(name) });
    return steps;
  };

  it('is built, and built again without a second installation', async () => {
    expect(await build()).toEqual(['find-tensorflow', 'install-package', 'compile', 'verify', 'done']);
    expect(await build()).toEqual(['find-tensorflow', 'compile', 'verify', 'done']);
  });

  it('is found by selectEngine, which shares its copy of TensorFlow.js with it', async () => {
    const engine = await selectEngine({ prefer: 'tensorflow' });
    expect(engine.reason).toContain('built by `zoo native`');
    expect(tf.getBackend()).toBe('tensorflow');
    const image: tf.Tensor4D = tf.ones([1, 4, 4, 2]);
    const filter: tf.Tensor4D = tf.ones([3, 3, 2, 2]);
    const sum = tf.tidy(() => tf.sum(tf.conv2d(image, filter, 1, 'valid')));
    expect(await sum.data()).toEqual(Float32Array.of(144));
    tf.dispose([image, filter, sum]);
    await engine.dispose();
  });
});
