import { describe, expect, it } from 'vitest';

import { groupContent, writeHdf5 } from '../src/hdf5/write-hdf5';
import { loadKerasModel } from '../src/index';

type Layer = [className: string, config: object];

/** A legacy file of a sequential model of these layers, without their weights. */
async function sequentialFile(version: string, layers: readonly Layer[]): Promise<Blob> {
  const list = layers.map(([class_name, config], i) => ({
    class_name,
    config: { name: `layer_${i}`, ...config },
  }));
  const root = groupContent();
  root.attributes.set('model_config', JSON.stringify({ class_name: 'Sequential', config: list }));
  const weights = groupContent();
  weights.attributes.set('layer_names', []);
  // Keras 1 wrote no version beside the weights.
  if (!version.startsWith('1')) weights.attributes.set('keras_version', version);
  root.children.set('model_weights', weights);
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of writeHdf5(root).pieces()) pieces.push(piece.slice());
  return new Blob(pieces);
}

const input = { batch_input_shape: [null, 4, 4, 3] };

describe('layers that TensorFlow.js lacks', () => {
  it('are refused by name, custom ones and Lambda among them, all at once', async () => {
    const file = await sequentialFile('2.4.0', [
      ['Flatten', input],
      ['Lambda', { function: ['4wEAAAAAAAAA', null, null] }],
      ['MyAttention', { heads: 2 }],
    ]);
    await expect(loadKerasModel(file)).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining("Lambda ('layer_1'), MyAttention ('layer_2')") as string,
    });
  });

  it.each([
    ['1.2.2', 'BatchNormalization', { ...input, mode: 1 }, 'mode 1'],
    ['1.2.2', 'BatchNormalization', { ...input, mode: 2 }, 'mode 2'],
    ['2.4.0', 'Conv2DTranspose', { ...input, filters: 4, kernel_size: [3, 3], groups: 2 }, 'groups 2'],
    ['2.4.0', 'Conv2D', { ...input, filters: 4, kernel_size: [3, 3], lora_rank: 4 }, 'lora_rank 4'],
    ['2.4.0', 'Dense', { ...input, units: 4, activation: 'glu' }, 'activation glu'],
    ['2.4.0', 'Dense', { ...input, units: 4, dtype: 'int8' }, "dtype 'int8'"],
    ['2.4.0', 'Dense', { ...input, units: 4, kernel_constraint: 'mine' }, 'kernel_constraint mine'],
    ['2.4.0', 'GRU', { batch_input_shape: [null, 5, 3], units: 4, time_major: true }, 'time_major true'],
    ['2.4.0', 'UpSampling2D', { ...input, interpolation: 'area' }, "interpolation 'area'"],
    [
      '2.4.0',
      'TimeDistributed',
      {
        batch_input_shape: [null, 5, 4],
        layer: { class_name: 'Dense', config: { name: 'inner', units: 4, activation: 'glu' } },
      },
      'layer Dense with activation glu',
    ],
    [
      '1.2.2',
      'Convolution2D',
      { ...input, nb_filter: 4, nb_row: 3, nb_col: 3, border_mode: 'full' },
      "padding 'full'",
    ],
    ['1.2.2', 'Merge', { mode: 'dot' }, "Merge ('layer_0')"],
  ])('of Keras %s %s %j is refused', async (version, className, config, message) => {
    await expect(loadKerasModel(await sequentialFile(version, [[className, config]]))).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining(message) as string,
    });
  });
});

it('Resizing that pads does so by a constant where its file says nothing else', async () => {
  const resizing = { ...input, height: 2, width: 6, pad_to_aspect_ratio: true };
  const model = await loadKerasModel(await sequentialFile('3.0.0', [['Resizing', resizing]]));
  expect(model.outputs[0]!.shape).toEqual([null, 2, 6, 3]);
  model.dispose();
  const other = sequentialFile('3.0.0', [['Resizing', { ...resizing, fill_mode: 'reflect' }]]);
  await expect(loadKerasModel(await other)).rejects.toThrow(/fill_mode 'reflect'/);
});

it('a class of a megabyte in the architecture of an .h5 is cut in the message, and the advice stays', async () => {
  const file = await sequentialFile('2.4.0', [['x'.repeat(1e6), input]]);
  const error = await loadKerasModel(file).catch((caught: unknown) => caught);
  expect(error).toMatchObject({
    code: 'unsupported',
    message: expect.stringMatching(
      /^.{0,600}Build the model yourself and load its weights.{0,200}$/s,
    ) as string,
  });
});

describe('a layer of Keras 1', () => {
  it.each([
    ['ZeroPadding2D', { padding: [1, 2] }, [null, 6, 8, 3]],
    ['ZeroPadding2D', { padding: [1, 2, 3, 4] }, [null, 7, 11, 3]],
    [
      'MaxPooling2D',
      { pool_size: [2, 2], strides: null, border_mode: 'valid', dim_ordering: 'tf' },
      [null, 2, 2, 3],
    ],
    ['UpSampling2D', { size: [2, 2], dim_ordering: 'tf' }, [null, 8, 8, 3]],
    ['Permute', { dims: [3, 1, 2] }, [null, 3, 4, 4]],
    ['RepeatVector', { n: 2, batch_input_shape: [null, 5] }, [null, 2, 5]],
  ])('%s %j has the shape that it has there', async (className, config, shape) => {
    const model = await loadKerasModel(await sequentialFile('1.2.2', [[className, { ...input, ...config }]]));
    expect(model.outputs[0]!.shape).toEqual(shape);
    model.dispose();
  });
});
