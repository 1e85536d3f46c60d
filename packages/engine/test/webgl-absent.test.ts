import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, it, vi } from 'vitest';

import type { EngineRequest } from '../src/engines/engine-candidate';
import { webglEngine } from '../src/engines/webgl/webgl-engine';

vi.mock('@tensorflow/tfjs-backend-webgl', () => {
  throw new Error('Cannot find package');
});
afterEach(() => tf.env().set('IS_BROWSER', false));

it('WebGL in a browser whose page was built without its backend is absent, and says what to install', async () => {
  tf.env().set('IS_BROWSER', true);
  await expect(webglEngine.start({ isNamed: true } as EngineRequest)).resolves.toEqual({
    absentBecause: '@tensorflow/tfjs-backend-webgl is not installed',
    remedy: 'Install it with `npm install @tensorflow/tfjs-backend-webgl`.',
  });
});
