import * as tf from '@tensorflow/tfjs-core';
import { selectEngine, type SelectedEngine } from '@zoo/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createResnet, gradCam } from '../src';

import { expectGolden, fillByFormula, formulaPicture, readGolden } from './formula';

// Written by scripts/golden/resnet_grad_cam.py.
const GOLDEN = readGolden('resnet-grad-cam');

let engine: SelectedEngine;
beforeAll(async () => {
  engine = await selectEngine({ prefer: 'wasm', purpose: 'infer' });
});
afterAll(() => engine.dispose());

describe('Grad-CAM on formula-filled weights equals Keras’', () => {
  const names = [...new Set(Object.keys(GOLDEN).map((key) => key.split(' ')[0]!))];
  it.each(names)('of %s, from every layer', (name) => {
    const cases = Object.entries(GOLDEN).filter(([key]) => key.startsWith(`${name} `));
    const [height, width] = cases[0]![1].shape as [number, number];
    const model = createResnet(name, {
      ...{ classes: 10, classifierActivation: 'softmax', inputShape: [height, width, 3] },
      kernelInitializer: 'zeros',
    });
    fillByFormula(model);
    const before = tf.memory().numTensors;
    for (const [key, golden] of cases) {
      const [, layerName, classIndex] = key.split(' ') as [string, string, string];
      const picture = formulaPicture(height, width);
      const heat = gradCam(model, picture, Number(classIndex), { layerName });
      expectGolden(heat, golden);
      tf.dispose([picture, heat]);
    }
    expect(cases.length).toBeGreaterThan(1);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });
});
