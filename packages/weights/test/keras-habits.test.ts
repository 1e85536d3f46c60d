import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { batchNormalization } from '@zoo/core';
import { unzipSync } from 'fflate';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import {
  loadKerasModel,
  loadKerasWeights,
  loadLayersModel,
  modelFromKerasJson,
  saveLayersModel,
} from '../src/node';

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/habits-${name}`, import.meta.url));

/** What scripts/golden/weights_keras_habits.py computed with Keras. */
const expected = JSON.parse(readFileSync(fixture('outputs.json'), 'utf8')) as Record<string, number[]>;

const place = temporaryDirectory();
const models: tfl.LayersModel[] = [];
beforeAll(() => tf.setBackend('cpu'));
afterEach(() => {
  for (const model of models.splice(0)) model.dispose();
});

function kept(model: tfl.LayersModel): tfl.LayersModel {
  models.push(model);
  return model;
}

/** The script's picture for any shape. */
function picture(shape: readonly number[], divisor = 1): tf.Tensor {
  const count = 2 * shape.reduce((product, size) => product * size, 1);
  return tf.tensor(
    Float32Array.from({ length: count }, (_, i) => ((i * 37) % 256) / divisor),
    [2, ...shape],
  );
}

function expectKeras(model: tfl.LayersModel, name: string): void {
  tf.tidy(() => {
    const inputs = model.inputs.map(({ shape }) => {
      const sizes = shape.slice(1) as number[];
      return picture(sizes, sizes.length === 1 ? 255 : 1);
    });
    const values = (model.predict(inputs) as tf.Tensor).dataSync();
    const differences = expected[name]!.map(
      (value, i) => Math.abs(values[i]! - value) / (1 + Math.abs(value)),
    );
    expect(values).toHaveLength(expected[name]!.length);
    expect(Math.max(...differences)).toBeLessThan(1e-5);
  });
}

describe('a Keras model', () => {
  it.each([
    ['with keras.applications’ preprocess_input in it', 'caffe'],
    ['with preprocess_input of PyTorch’s mode in it', 'torch-mode'],
    ['with arithmetic between its layers', 'arithmetic'],
    ['with Normalization, augmentation and Identity', 'preprocessing'],
    ['with inputs by name', 'named'],
    ['that Windows wrote, with backslashes between its layers', 'windows'],
  ])('%s gives Keras’ outputs', async (_, name) => {
    expectKeras(kept(await loadKerasModel(fixture(`${name}.keras`))), name);
  });

  it('as a legacy .h5 of Keras 3, whose operations do not say what they are, gives Keras’ outputs', async () => {
    expectKeras(kept(await loadKerasModel(fixture('arithmetic.h5'))), 'arithmetic');
  });

  it.each(['caffe', 'arithmetic', 'preprocessing'])(
    '(%s) is saved and loaded as a LayersModel',
    async (name) => {
      await saveLayersModel(kept(await loadKerasModel(fixture(`${name}.keras`))), place());
      expectKeras(kept(await loadLayersModel(place())), name);
    },
  );

  it('trains on, operations in it', async () => {
    const model = kept(await loadKerasModel(fixture('arithmetic.keras')));
    const kernel = model.getLayer('a').weights[0]!;
    const { grads, value } = tf.tidy(() => {
      const loss = () => tf.mean(tf.square(model.apply(picture([6, 5, 3]), { training: true }) as tf.Tensor));
      return tf.variableGrads(loss as () => tf.Scalar);
    });
    const gradient = Object.entries(grads).find(([name]) => name.startsWith(kernel.originalName))![1];
    expect(gradient.dataSync().some((each) => each !== 0 && Number.isFinite(each))).toBe(true);
    tf.dispose([grads, value]);
  });
});

/** The layers of tf.keras 2.15 for what `caffe` computes: operations as TFOpLambda and SlicingOpLambda. */
function tensorflowOperations(config: { layers: Record<string, unknown>[] }): object {
  const operation = (name: string, className: string, kerasFunction: string, node: unknown) => ({
    class_name: className,
    config: { name, trainable: true, dtype: 'float32', function: kerasFunction },
    name,
    inbound_nodes: [node],
  });
  const slices = {
    class_name: '__tuple__',
    items: [{ class_name: '__ellipsis__' }, { start: null, stop: null, step: -1 }],
  };
  const rest = config.layers.filter(({ class_name }) =>
    ['Conv2D', 'GlobalAveragePooling2D', 'Dense'].includes(class_name as string),
  );
  const inputs = ['tf.nn.bias_add', 'conv', 'pool'];
  return {
    class_name: 'Functional',
    keras_version: '2.15.0',
    config: {
      name: 'model',
      layers: [
        {
          class_name: 'InputLayer',
          config: { batch_input_shape: [null, 6, 5, 3], dtype: 'float32', name: 'pixels' },
          name: 'pixels',
          inbound_nodes: [],
        },
        operation('tf.__operators__.getitem', 'SlicingOpLambda', '__operators__.getitem', [
          'pixels',
          0,
          0,
          { slice_spec: slices },
        ]),
        operation('tf.nn.bias_add', 'TFOpLambda', 'nn.bias_add', [
          [
            'tf.__operators__.getitem',
            0,
            0,
            { bias: [-103.939, -116.779, -123.68], data_format: 'NHWC', name: null },
          ],
        ]),
        ...rest.map((layer, i) => ({ ...layer, inbound_nodes: [[[inputs[i], 0, 0, {}]]] })),
      ],
      input_layers: [['pixels', 0, 0]],
      output_layers: [['dense', 0, 0]],
    },
  };
}

describe('an architecture alone', () => {
  it('of Keras 3 becomes the model, whose weights a file fills', async () => {
    const model = kept(await modelFromKerasJson(fixture('arithmetic.json')));
    expect(
      model
        .getLayer('a')
        .getWeights()[0]!
        .dataSync()
        .some((value) => value !== 0),
    ).toBe(true);
    await loadKerasWeights(model, fixture('arithmetic.keras'));
    expectKeras(model, 'arithmetic');
  });

  it('of tf.keras 2, with TFOpLambda and SlicingOpLambda in it, gives the same outputs', async () => {
    const archive = unzipSync(new Uint8Array(readFileSync(fixture('caffe.keras'))));
    const { config } = JSON.parse(new TextDecoder().decode(archive['config.json'])) as {
      config: { layers: Record<string, unknown>[] };
    };
    const json = new TextEncoder().encode(JSON.stringify(tensorflowOperations(config)));
    const model = kept(await modelFromKerasJson(json));
    await loadKerasWeights(model, fixture('caffe.keras'));
    expectKeras(model, 'caffe');
  });

  it('with a number first, 1 - x, gives what Python gives', async () => {
    const json = tensorflowOperations({ layers: [] }) as {
      config: { layers: object[]; output_layers: unknown };
    };
    json.config.layers = [
      json.config.layers[0]!,
      {
        class_name: 'TFOpLambda',
        config: { name: 'tf.math.subtract', trainable: true, dtype: 'float32', function: 'math.subtract' },
        name: 'tf.math.subtract',
        inbound_nodes: [['_CONSTANT_VALUE', -1, 1, { y: ['pixels', 0, 0], name: null }]],
      },
    ];
    json.config.output_layers = [['tf.math.subtract', 0, 0]];
    const model = kept(await modelFromKerasJson(new TextEncoder().encode(JSON.stringify(json))));
    const values = tf.tidy(() => (model.predict(picture([6, 5, 3])) as tf.Tensor).dataSync());
    expect([...values.slice(0, 3)]).toEqual([1, 1 - 37, 1 - 74]);
  });

  it('with an operation that is not known is refused by its name', async () => {
    const text = await readFile(fixture('arithmetic.json'), 'utf8');
    const json = new TextEncoder().encode(text.replaceAll('"Sqrt"', '"Arccosh"'));
    await expect(modelFromKerasJson(json)).rejects.toThrow(/the operation "Arccosh" \("sqrt"\)/);
  });
});

it('weights of a model of a class of its own are found under its attributes', async () => {
  const pixels = tfl.input({ shape: [6, 5, 3] });
  const layers = [
    tfl.layers.conv2d({ name: 'conv', filters: 2, kernelSize: 3 }),
    batchNormalization({ name: 'norm' }),
    tfl.layers.globalAveragePooling2d({}),
    tfl.layers.dense({ name: 'blocks/dense', units: 3 }),
    tfl.layers.dense({ name: 'second', units: 2 }),
  ];
  const output = layers.reduce((x, layer) => layer.apply(x) as tfl.SymbolicTensor, pixels);
  const model = kept(tfl.model({ inputs: pixels, outputs: output }));
  const report = await loadKerasWeights(model, fixture('subclassed.weights.h5'), {
    // An attribute that comes behind `layers` in the alphabet has Keras' name alone.
    rename: { 'blocks/dense_1': 'second', batch_normalization: 'norm' },
  });
  expect(report.loaded).toHaveLength(10);
  expectKeras(model, 'subclassed');
});

it.each(['arithmetic', 'caffe', 'torch-mode'])(
  'a LayersModel converted from Keras 3, architecture and names of weights as Keras has them, is loaded: %s',
  async (name) => {
    await saveLayersModel(kept(await loadKerasModel(fixture(`${name}.keras`))), place());
    const path = place('model.json');
    const json = JSON.parse(await readFile(path, 'utf8')) as {
      modelTopology: unknown;
      userDefinedMetadata?: unknown;
      weightsManifest: { weights: { name: string }[] }[];
    };
    // What the converter takes over from `model.to_json()`.
    const archive = unzipSync(await readFile(fixture(`${name}.keras`)));
    const { class_name, config } = JSON.parse(new TextDecoder().decode(archive['config.json'])) as {
      class_name: string;
      config: { name: string };
    };
    delete json.userDefinedMetadata;
    json.modelTopology = {
      keras_version: '3.15.1',
      backend: 'tensorflow',
      model_config: { class_name, config },
    };
    for (const weight of json.weightsManifest[0]!.weights) weight.name = `${config.name}/${weight.name}`;
    await writeFile(path, JSON.stringify(json));
    expectKeras(kept(await loadLayersModel(place())), name);
  },
);
