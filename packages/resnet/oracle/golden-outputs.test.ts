import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { selectEngine, type SelectedEngine } from '@zoo/engine';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { createResnet, type ResNetOptions } from '../src';
import { expectGolden, fillByFormula, formulaPicture, readGolden } from '../test/formula';

const SIZES: Readonly<Record<string, readonly [number, number]>> = {
  small: [37, 45],
  odd: [193, 225],
  full: [224, 224],
};

let engine: SelectedEngine;
beforeAll(async () => {
  engine = await selectEngine({ prefer: 'wasm', purpose: 'infer' });
});
afterAll(() => engine.dispose());

let model: tfl.LayersModel | undefined;
afterEach(() => {
  model?.dispose();
  model = undefined;
});

const KERAS = readGolden('resnet-keras');
const TORCH = readGolden('resnet-torch');

function expectEqual(
  golden: Parameters<typeof expectGolden>[1],
  name: string,
  options: ResNetOptions,
  [height, width]: readonly [number, number],
): void {
  model = createResnet(name, { inputShape: [height, width, 3], kernelInitializer: 'zeros', ...options });
  fillByFormula(model);
  tf.tidy(() => {
    expectGolden(model!.predict(formulaPicture(height, width)) as tf.Tensor, golden);
  });
}

describe('on wasm, every output of keras.applications', () => {
  it.each(Object.keys(KERAS).filter((output) => /^resnet\d+(v2)? |^preactivation/.test(output)))(
    '%s',
    (output) => {
      const [name, size, top, pooling] = output.split(' ') as [string, string, string, string | undefined];
      const options: ResNetOptions =
        top === 'top'
          ? {}
          : { includeTop: false, pooling: pooling === 'none' ? null : (pooling as 'avg' | 'max') };
      expectEqual(KERAS[output], name, options, SIZES[size]!);
    },
  );

  it('the blog post’s ResNet-50 at 224 pixels', () => {
    expectEqual(KERAS['idenprof full top'], 'resnet50', { variant: 'idenprof', classes: 10 }, SIZES['full']!);
  });

  it('the blog post’s TensorFlow 1 class at 224 pixels', () => {
    expectEqual(KERAS['tf1 full top'], 'resnet50', { variant: 'tf1' }, SIZES['full']!);
  });

  it('the course’s ResNet-50 at 64 pixels', () => {
    const options = { variant: 'deeplearningAi', classes: 6 } as const;
    expectEqual(KERAS['deeplearningAi small top'], 'resnet50', options, [64, 64]);
  });
});

describe('on wasm, every output of torchvision and timm', () => {
  it.each(Object.keys(TORCH).filter((output) => output !== 'resnet20 akamaster'))('%s', (output) => {
    const [name, variant, ...rest] = output.split(' ') as [string, 'torchvision' | 'resnetD', ...string[]];
    const dilation = rest[0] === 'dilation' ? { outputStride: 8 as const } : {};
    const options = { variant, classifierActivation: null, ...dilation };
    expectEqual(TORCH[output], name, options, SIZES[rest.at(-1)!]!);
  });

  it('covers 18, 34, 50, 101 and 152 layers at 224 pixels', () => {
    expect(Object.keys(TORCH).filter((output) => output.endsWith('torchvision full'))).toHaveLength(6);
  });
});
