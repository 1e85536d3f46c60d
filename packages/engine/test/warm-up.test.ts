import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it, vi } from 'vitest';

import { warmUp } from '../src';

function model(inputShape: (number | null)[]): tfl.LayersModel {
  const { conv2d, globalAveragePooling2d } = tfl.layers;
  return tfl.sequential({
    layers: [conv2d({ filters: 1, kernelSize: 1, inputShape }), globalAveragePooling2d({})],
  });
}

describe('warmUp', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it('predicts once, on a batch of the size that is to come', async () => {
    const net = model([4, 4, 3]);
    const predict = vi.spyOn(net, 'predict');
    await warmUp(net, { batchSize: 5 });
    expect(predict.mock.calls.map(([input]) => (input as tf.Tensor).shape)).toEqual([[5, 4, 4, 3]]);
    net.dispose();
  });

  it('takes the size of pictures that the model leaves open', async () => {
    const net = model([null, null, 3]);
    const predict = vi.spyOn(net, 'predict');
    await warmUp(net, { imageSize: [6, 8] });
    expect((predict.mock.calls[0]![0] as tf.Tensor).shape).toEqual([1, 6, 8, 3]);
    net.dispose();
  });

  it('asks for a size that nobody gives', async () => {
    const net = model([null, null, 3]);
    await expect(warmUp(net)).rejects.toThrow('Give `options.imageSize`.');
    net.dispose();
  });

  it('refuses a batch of no examples', async () => {
    const net = model([4, 4, 3]);
    await expect(warmUp(net, { batchSize: 0 })).rejects.toThrow('options.batchSize');
    net.dispose();
  });
});
