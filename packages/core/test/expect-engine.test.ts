import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';

import { expectEngine } from '../src';

it('says how to start an engine where there is none, and passes where there is one', async () => {
  const createCpu = tf.findBackendFactory('cpu');
  tf.removeBackend('cpu');
  expect(() => expectEngine()).toThrow(
    expect.objectContaining({
      code: 'engine-unavailable',
      message: expect.stringMatching(/Expected a started engine.*`await selectEngine\(\)`/) as string,
    }),
  );
  tf.registerBackend('cpu', createCpu);
  await tf.setBackend('cpu');
  expect(() => expectEngine()).not.toThrow();
});
