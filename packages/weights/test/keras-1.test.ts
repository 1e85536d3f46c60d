import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';

import { addChild, groupContent, writeHdf5 } from '../src/hdf5/write-hdf5';
import { loadKerasModel } from '../src/index';

const [FILTERS, CHANNELS, KERNEL_HEIGHT, KERNEL_WIDTH] = [2, 3, 3, 2] as const;
const [HEIGHT, WIDTH] = [5, 4] as const;
const kernel = numbers(FILTERS * CHANNELS * KERNEL_HEIGHT * KERNEL_WIDTH, 1.3);
const bias = numbers(FILTERS, 2.1);

function numbers(count: number, step: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => Math.sin(step * (i + 1)));
}

/** What Keras 1.2.2 on Theano saves of one convolution: a kernel of [out, in, height, width], names without `:0`. */
async function theanoFile(): Promise<Blob> {
  const config = {
    name: 'conv',
    batch_input_shape: [null, CHANNELS, HEIGHT, WIDTH],
    nb_filter: FILTERS,
    nb_row: KERNEL_HEIGHT,
    nb_col: KERNEL_WIDTH,
    border_mode: 'valid',
    subsample: [1, 1],
    dim_ordering: 'th',
    activation: 'linear',
    bias: true,
  };
  const root = groupContent();
  root.attributes.set('keras_version', '1.2.2');
  root.attributes.set(
    'model_config',
    JSON.stringify({ class_name: 'Sequential', config: [{ class_name: 'Convolution2D', config }] }),
  );
  const layer = groupContent();
  layer.attributes.set('weight_names', ['conv_W', 'conv_b']);
  addChild(layer, 'conv_W', dataset([FILTERS, CHANNELS, KERNEL_HEIGHT, KERNEL_WIDTH], kernel));
  addChild(layer, 'conv_b', dataset([FILTERS], bias));
  const weights = groupContent();
  weights.attributes.set('layer_names', ['conv']);
  addChild(weights, 'conv', layer);
  addChild(root, 'model_weights', weights);
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of writeHdf5(root).pieces()) pieces.push(piece.slice());
  return new Blob(pieces);
}

function dataset(shape: readonly number[], values: Float32Array) {
  const bytes = () => Promise.resolve(new Uint8Array(values.slice().buffer));
  return { kind: 'dataset', shape, type: 'float32', bytes } as const;
}

/** Theano's convolution of one picture [channels, height, width]: a true one, whose kernel runs backwards. */
function convolve(picture: Float32Array): number[] {
  const result: number[] = [];
  for (let filter = 0; filter < FILTERS; filter++)
    for (let y = 0; y <= HEIGHT - KERNEL_HEIGHT; y++)
      for (let x = 0; x <= WIDTH - KERNEL_WIDTH; x++) {
        let sum = bias[filter]!;
        for (let channel = 0; channel < CHANNELS; channel++)
          for (let v = 0; v < KERNEL_HEIGHT; v++)
            for (let u = 0; u < KERNEL_WIDTH; u++) {
              const pixel = picture[(channel * HEIGHT + y + v) * WIDTH + x + u]!;
              const row = (filter * CHANNELS + channel) * KERNEL_HEIGHT + (KERNEL_HEIGHT - 1 - v);
              sum += pixel * kernel[row * KERNEL_WIDTH + (KERNEL_WIDTH - 1 - u)]!;
            }
        result.push(sum);
      }
  return result;
}

describe('a file of Keras 1.2.2 on Theano, channels first', () => {
  it('becomes a model that convolves as Theano defines it', async () => {
    const model = await loadKerasModel(await theanoFile());
    expect(model.outputs[0]!.shape).toEqual([null, FILTERS, 3, 3]);
    const picture = numbers(CHANNELS * HEIGHT * WIDTH, 0.7);
    const outputs = tf.tidy(() => {
      const input = tf.tensor(picture, [1, CHANNELS, HEIGHT, WIDTH]);
      return [...(model.predict(input) as tf.Tensor).dataSync()];
    });
    const expected = convolve(picture);
    expect(outputs).toHaveLength(expected.length);
    outputs.forEach((output, i) => expect(output).toBeCloseTo(expected[i]!, 5));
    model.dispose();
  });
});
