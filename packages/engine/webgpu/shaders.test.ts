/// <reference types="@webgpu/types" />

import type * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { importDawn } from '../src/engines/webgpu/dawn';
import type { Dispatch, Shader } from '../src/engines/webgpu/dispatch';
import { conv2d, conv2dBackpropFilter, conv2dBackpropInput } from '../src/engines/webgpu/kernels/convolution';
import type { TileShape } from '../src/engines/webgpu/kernels/tile-shape';
import { TileTable } from '../src/engines/webgpu/kernels/tile-table';
import type { WebgpuContext } from '../src/engines/webgpu/webgpu-context';

const dawn = await importDawn();

/** A tensor that has a shape and nothing else. */
function tensor(shape: number[]): tf.TensorInfo {
  return { shape, dtype: 'float32', dataId: {} };
}

/** The shaders of a convolution of `channels` and its gradients by one tile, without a card. */
function shadersOf(tile: TileShape, precision: 'float32' | 'float16', channels: number): Shader[] {
  const shaders: Shader[] = [];
  const context = {
    products: { tiles: { plan: () => ({ tile, splits: 1 }) }, precision },
    limit: () => 65535,
    output: tensor,
    dispatch: ({ shader }: Dispatch) => shaders.push(shader),
  } as unknown as WebgpuContext;
  const [image, filter] = [tensor([2, 9, 9, channels]), tensor([3, 3, channels, channels])];
  const attrs = { strides: 2, pad: 'same', inputShape: image.shape, filterShape: filter.shape };
  const dy = tensor([2, 5, 5, channels]);
  conv2d.compute(context, { inputs: { x: image, filter }, attrs });
  conv2dBackpropInput.compute(context, { inputs: { dy, filter }, attrs });
  conv2dBackpropFilter.compute(context, { inputs: { x: image, dy }, attrs });
  return shaders;
}

// Dawn's own compiler, on a device that computes nothing: it has features that the cards of this machine may lack.
describe.skipIf(dawn === undefined)('shaders of products are valid WGSL', () => {
  let gpu: GPU;
  let device: GPUDevice;
  beforeAll(async () => {
    gpu = dawn!.create(['backend=null']);
    const adapter = (await gpu.requestAdapter())!;
    device = await adapter.requestDevice({ requiredFeatures: ['shader-f16'] });
  });
  afterAll(() => {
    device.destroy();
  });

  for (const precision of ['float32', 'float16'] as const) {
    for (const channels of [8, 5]) {
      it(`in ${precision}, ${channels} channels, by every tile`, async () => {
        for (const tile of new TileTable().candidates) {
          for (const { key, code } of shadersOf(tile, precision, channels)) {
            const { messages } = await device.createShaderModule({ code: code() }).getCompilationInfo();
            const errors = messages.filter(({ type }) => type === 'error').map(({ message }) => message);
            expect(errors, key).toEqual([]);
          }
        }
      });
    }
  }
});
