import { readFileSync } from 'node:fs';

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-wasm';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { addChild, groupContent, writeHdf5 } from '../src/hdf5/write-hdf5';
import { registerKerasLayers } from '../src/index';
import { loadKerasModel, loadLayersModel, saveKeras, saveKerasH5, saveLayersModel } from '../src/node';
import { bytesOf } from '../src/tensor-data';

/** A model as scripts/golden/weights_layers.py describes it, and what Keras makes of its input. */
interface Answer {
  readonly model: object;
  /** Shapes of each layer's weights. */
  readonly weights: Readonly<Record<string, readonly number[][]>>;
  /** The last part of each weight's name, in the model's order. */
  readonly names: readonly string[];
  readonly input: { readonly shape: number[]; readonly isWhole: boolean };
  readonly output: { readonly shape: number[]; readonly values: number[] };
}

const fixture = new URL('fixtures/layer-outputs.json', import.meta.url);
const answers = JSON.parse(readFileSync(fixture, 'utf8')) as Record<string, Answer>;
const names = Object.keys(answers);
const place = temporaryDirectory('suite');

const models: tfl.LayersModel[] = [];
afterEach(() => {
  for (const model of models.splice(0)) model.dispose();
});

/** The model from a legacy file of Keras 3, its weights by the script's formula. */
async function modelOf(name: string): Promise<tfl.LayersModel> {
  const { model, weights, names: roles } = answers[name]!;
  const root = groupContent();
  root.attributes.set('model_config', JSON.stringify(model)).set('keras_version', '3.15.0');
  const group = groupContent();
  group.attributes.set('layer_names', Object.keys(weights)).set('keras_version', '3.15.0');
  let number = 0;
  for (const [layer, shapes] of Object.entries(weights)) {
    const layerGroup = groupContent();
    const paths = shapes.map((shape) => {
      const path = `${layer}/${roles[number]}:0`;
      const values = formula(shape, number++, path.includes('variance'));
      addChild(layerGroup, path, {
        kind: 'dataset',
        shape,
        type: 'float32',
        bytes: () => Promise.resolve(bytesOf(values)),
      });
      return path;
    });
    layerGroup.attributes.set('weight_names', paths);
    addChild(group, layer, layerGroup);
  }
  root.children.set('model_weights', group);
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of writeHdf5(root).pieces()) pieces.push(piece.slice());
  const loaded = await loadKerasModel(new Blob(pieces));
  models.push(loaded);
  return loaded;
}

function formula(shape: readonly number[], i: number, isVariance: boolean): Float32Array<ArrayBuffer> {
  const length = shape.reduce((product, size) => product * size, 1);
  return Float32Array.from({ length }, (_, k) => {
    const value = 0.3 * Math.sin(k + 1 + 100 * i);
    return isVariance ? 1 + value ** 2 : value;
  });
}

function inputOf(name: string): tf.Tensor {
  const { shape, isWhole } = answers[name]!.input;
  const value = (k: number) => (isWhole ? Math.trunc(Math.abs(100 * Math.sin(k))) : Math.sin(k));
  const length = shape.reduce((product, size) => product * size, 1);
  return tf.tensor(
    Float32Array.from({ length }, (_, k) => value(k)),
    shape,
  );
}

const outputOf = (model: tfl.LayersModel, name: string): { shape: number[]; values: number[] } =>
  tf.tidy(() => {
    const output = model.predict(inputOf(name)) as tf.Tensor;
    return { shape: output.shape, values: [...output.dataSync()] };
  });

function expectClose(values: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(values).toHaveLength(expected.length);
  const differences = values.map((value, i) => Math.abs(value - expected[i]!));
  expect(Math.max(...differences)).toBeLessThan(tolerance);
}

describe.each(['cpu', 'wasm'])('a loaded layer, on %s,', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
  });

  it.each(names)('gives what Keras gives: %s', async (name) => {
    const { shape, values } = outputOf(await modelOf(name), name);
    expect(shape).toEqual(answers[name]!.output.shape);
    expectClose(values, answers[name]!.output.values, 5e-6);
  });
});

/** The case whose layer goes over several axes, which Keras 3 reads from no legacy file. */
const SEVERAL_AXES = 'Softmax axes';

describe('a loaded layer', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it.each(names)('comes back from Keras files as it was: %s', async (name) => {
    const model = await modelOf(name);
    if (name === SEVERAL_AXES) {
      await expect(saveKerasH5(model, place('model.h5'))).rejects.toThrow(
        /has the axes .*, which Keras 3 takes there for the last one\. Save the model as \.keras/,
      );
    } else {
      await saveKerasH5(model, place('model.h5'));
      const fromH5 = await loadKerasModel(place('model.h5'));
      models.push(fromH5);
      expect(outputOf(fromH5, name)).toEqual(outputOf(model, name));
    }
    if (name.startsWith('GRU')) return;
    await saveKeras(model, place('model.keras'));
    const fromKeras = await loadKerasModel(place('model.keras'));
    models.push(fromKeras);
    expect(outputOf(fromKeras, name)).toEqual(outputOf(model, name));
  });

  it.each(names)('comes back from model.json as it was, through us and TensorFlow.js: %s', async (name) => {
    const model = await modelOf(name);
    await saveLayersModel(model, place('web'));
    const ours = await loadLayersModel(place('web'));
    registerKerasLayers();
    const theirs = await tfl.models.modelFromJSON(JSON.parse(model.toJSON() as string) as never);
    models.push(ours, theirs);
    theirs.setWeights(model.getWeights());
    const { shape, values } = outputOf(model, name);
    for (const again of [ours, theirs].map((other) => outputOf(other, name))) {
      expect(again.shape).toEqual(shape);
      // Where only an engine's kernel is at fault the saved layer is the stock one, which adds in another order.
      expectClose(again.values, values, 1e-6);
    }
  });

  it.each(names.filter((name) => answers[name]!.names.length > 0))(
    'trains: its gradients are those of small differences: %s',
    async (name) => {
      const model = await modelOf(name);
      const lossOf = (x: tf.Tensor): tf.Scalar =>
        tf.sum(tf.square(model.apply(x, { training: false }) as tf.Tensor));
      tf.tidy(() => {
        const x = inputOf(name);
        const weights = model.trainableWeights.map((weight) => weight.read() as unknown as tf.Variable);
        const { grads } = tf.variableGrads(() => lossOf(x), weights);
        for (const weight of weights) {
          const step = tf.buffer(weight.shape, 'float32');
          step.values[0] = 1e-2;
          const kept = weight.clone();
          const lossAt = (sign: number): number => {
            weight.assign(tf.add(kept, tf.mul(step.toTensor(), sign)));
            return lossOf(x).dataSync()[0]!;
          };
          const slope = (lossAt(1) - lossAt(-1)) / 2e-2;
          weight.assign(kept);
          expect(Math.abs(grads[weight.name]!.dataSync()[0]! - slope)).toBeLessThan(
            2e-2 * (1 + Math.abs(slope)),
          );
        }
      });
    },
  );

  it.each(names.filter((name) => !answers[name]!.input.isWhole))(
    'hands its gradient on: %s',
    async (name) => {
      const model = await modelOf(name);
      tf.tidy(() => {
        const x = inputOf(name);
        const lossOf = (values: tf.Tensor): tf.Scalar =>
          tf.sum(tf.square(model.apply(values, { training: false }) as tf.Tensor));
        const gradient = tf.grad(lossOf)(x).dataSync();
        // One value in the middle, whose neighbours all layers reach.
        const at = Math.floor(x.size / 2) + 1;
        const lossAt = (change: number): number => {
          const values = Float32Array.from(x.dataSync());
          values[at]! += change;
          return lossOf(tf.tensor(values, x.shape)).dataSync()[0]!;
        };
        const slope = (lossAt(1e-2) - lossAt(-1e-2)) / 2e-2;
        expect(Math.abs(gradient[at]! - slope)).toBeLessThan(2e-2 * (1 + Math.abs(slope)));
      });
    },
  );

  it("of Keras 2 whose hard sigmoid Keras 3 computes with another slope goes to Keras 2's files only", async () => {
    const model = tfl.sequential();
    model.add(tfl.layers.dense({ name: 'head', units: 2, activation: 'hardSigmoid', inputShape: [3] }));
    models.push(model);
    await expect(saveKeras(model, place('hard.keras'))).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(/'head' has the activation hard_sigmoid of Keras 2/) as string,
    });
    await saveKerasH5(model, place('hard.h5'));
    const back = await loadKerasModel(place('hard.h5'));
    models.push(back);
    expect(back.getLayer('head').getConfig()['activation']).toBe('hardSigmoid');
  });

  it('keeps a value that its constraint would change, as Keras does when it loads', async () => {
    const root = groupContent();
    const layer = {
      class_name: 'Dense',
      config: {
        name: 'dense',
        units: 1,
        use_bias: false,
        kernel_constraint: { class_name: 'NonNeg', config: {} },
        batch_input_shape: [null, 1],
      },
    };
    root.attributes.set('model_config', JSON.stringify({ class_name: 'Sequential', config: [layer] }));
    const weights = groupContent();
    weights.attributes.set('layer_names', ['dense']).set('keras_version', '2.4.0');
    const group = groupContent();
    group.attributes.set('weight_names', ['dense/kernel:0']);
    addChild(group, 'dense/kernel:0', {
      kind: 'dataset',
      shape: [1, 1],
      type: 'float32',
      bytes: () => Promise.resolve(bytesOf(Float32Array.of(-2))),
    });
    addChild(weights, 'dense', group);
    root.children.set('model_weights', weights);
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for await (const piece of writeHdf5(root).pieces()) pieces.push(piece.slice());
    const model = await loadKerasModel(new Blob(pieces));
    models.push(model);
    expect(model.getWeights()[0]!.dataSync()[0]).toBe(-2);
  });
});
