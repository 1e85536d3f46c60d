import * as tf from '@tensorflow/tfjs-core';
import { batchNormFoldings, foldBatchNorm, selectEngine, type SelectedEngine } from '@zoo/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createResnet, type ResNetOptions } from '../src';
import { fillByFormula, formulaPicture } from '../test/formula';

let engine: SelectedEngine;
beforeAll(async () => {
  engine = await selectEngine({ prefer: 'wasm', purpose: 'infer' });
});
afterAll(() => engine.dispose());

// Of a pre-activation net, norms that a shortcut's sum feeds stay, and MXNet's first one, before the stem's zero padding.
describe('a net whose batch norms are folded answers as before, to a hundred thousandth', () => {
  it.each<[string, ResNetOptions, folded: number, norms: number]>([
    ['resnet18', {}, 20, 20],
    ['resnet50', {}, 53, 53],
    ['resnet50', { variant: 'torchvision' }, 53, 53],
    ['resnet50', { variant: 'torchvision', outputStride: 8 }, 53, 53],
    ['resnet50', { variant: 'resnetD' }, 55, 55],
    ['resnet50', { variant: 'idenprof' }, 53, 53],
    ['se_resnet50', {}, 53, 53],
    ['resnext50_32x4d', {}, 37, 53],
    ['resnet50v2', {}, 32, 49],
    ['preactivation_resnet18', {}, 9, 19],
    ['resnet20', { shortcut: 'A' }, 19, 19],
    ['resnet20', { shortcut: 'B' }, 21, 21],
    ['resnet20', { shortcut: 'C' }, 28, 28],
    ['resnet20', { shortcut: 'none' }, 19, 19],
    ['preactivation_resnet164', {}, 109, 163],
  ])('%s %j: %i of %i', (name, options, folded, norms) => {
    const model = createResnet(name, {
      inputShape: [33, 39, 3],
      classes: 10,
      classifierActivation: null,
      kernelInitializer: 'zeros',
      ...options,
    });
    fillByFormula(model);
    const copy = foldBatchNorm(model);
    const rows = batchNormFoldings(model);
    expect([rows.filter(({ into }) => into !== undefined).length, rows.length]).toEqual([folded, norms]);
    tf.tidy(() => {
      const picture = formulaPicture(33, 39);
      const [before, after] = [model, copy].map((each) => each.predict(picture) as tf.Tensor);
      const error = tf.div(tf.max(tf.abs(tf.sub(before!, after!))), tf.max(tf.abs(before!)));
      expect(error.dataSync()[0]).toBeLessThan(1e-5);
    });
    for (const each of [model, copy]) each.dispose();
  });
});
