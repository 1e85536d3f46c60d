import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs-core';
import { PIXEL_NORMALIZATIONS } from '@zoo/core';
import { describe, expect, it } from 'vitest';

import { createResnet, resnetNames, summary } from '../src';
import { pretrainedEntries } from '../src/pretrained/catalogue';
import { publishedWeights, timmWeights } from '../src/pretrained/published-weights';

describe('the catalogue of published weights', () => {
  it('has timm’s 182 and those of Keras, fchollet and qubvel, each name once', () => {
    expect(timmWeights()).toHaveLength(182);
    const all = publishedWeights();
    expect(all).toHaveLength(182 + 12 + 2 + 4);
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });

  it('names networks that can be built', () => {
    const names = resnetNames();
    expect(publishedWeights().filter(({ architecture }) => !names.includes(architecture))).toEqual([]);
  });

  it('describes each set of weights wholly', () => {
    expect(timmWeights().find(({ name }) => name === 'resnet50.a1_in1k')).toEqual({
      name: 'resnet50.a1_in1k',
      source: 'hf:timm/resnet50.a1_in1k',
      architecture: 'resnet50',
      variant: 'torchvision',
      classes: 1000,
      imageSize: [224, 224],
      resize: 'bicubic',
      cropFraction: 0.95,
      normalization: PIXEL_NORMALIZATIONS.torch,
      test: {
        imageSize: [288, 288],
        cropFraction: 1,
        accuracy: { top1: 81.24, top5: 95.112 },
        multiplyAdds: 6_758_334_464,
      },
      accuracy: { top1: 80.382, top5: 94.598 },
      multiplyAdds: 4_089_184_256,
      licence: 'apache-2.0',
    });
    for (const weights of publishedWeights()) {
      const { imageSize, cropFraction = 1, normalization, accuracy, classes, multiplyAdds, test } = weights;
      const { top1, top5 } = accuracy ?? { top1: 50, top5: 60 };
      const costs = [multiplyAdds, test?.multiplyAdds ?? 1];
      const numbers = [...imageSize, cropFraction, ...normalization.mean, top1, top5, classes ?? 1, ...costs];
      expect(numbers.every(Number.isFinite), weights.name).toBe(true);
      expect(top1 < top5 && top5 < 100 && cropFraction <= 1, weights.name).toBe(true);
    }
  });

  it.each([
    'resnet18.a1_in1k',
    'resnet50.keras_in1k',
    'resnet10t.c3_in1k',
    'resnetv2_18d.ra4_e3600_r224_in1k',
    'seresnet50.a1_in1k',
  ])('counts the multiply-adds of %s as summary does, at both sizes', async (name) => {
    await tf.setBackend('cpu');
    const found = publishedWeights().find((weights) => weights.name === name);
    if (found === undefined) throw new Error(`No ${name}`);
    const { architecture, variant, imageSize, test, multiplyAdds } = found;
    const model = createResnet(architecture, { ...(variant && { variant }), kernelInitializer: 'zeros' });
    expect(summary(model, [...imageSize, 3]).multiplyAdds).toBe(multiplyAdds);
    if (test) expect(summary(model, [...test.imageSize, 3]).multiplyAdds).toBe(test.multiplyAdds);
    model.dispose();
  });

  it('is what docs/guides/accuracy-and-cost.svg draws', () => {
    const script = fileURLToPath(new URL('../../../scripts/accuracy-plot.mjs', import.meta.url));
    const { stderr, status } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
    expect([stderr, status]).toEqual(['', 0]);
  });

  it('agrees with the entries that are timm’s own', () => {
    const timms = new Map(timmWeights().map((weights) => [weights.name, weights]));
    const entries = pretrainedEntries().filter(({ name }) => timms.has(name) && !/\.tv2?_in1k$/.test(name));
    expect(entries).toHaveLength(16);
    for (const { name, imageSize, cropFraction, resize, accuracy, licence } of entries) {
      const timm = timms.get(name)!;
      expect([imageSize, cropFraction, resize, licence.toLowerCase()], name).toEqual([
        timm.imageSize[0],
        timm.cropFraction,
        timm.resize,
        timm.licence,
      ]);
      if (timm.accuracy) expect(Math.abs(accuracy!.top1 - timm.accuracy.top1), name).toBeLessThan(0.1);
    }
  });
});
