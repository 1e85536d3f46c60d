import { readFileSync } from 'node:fs';

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { bottleneckBlock, convolution, norm, relu, type BlockStyle } from '@zoo/core';
import { afterEach, describe, expect, it } from 'vitest';

import { addChild, groupContent, writeHdf5, type GroupContent } from '../src/hdf5/write-hdf5';
import { encodeKerasH5, putList } from '../src/keras/encode-keras-h5';
import { loadKerasWeights, type LoadKerasWeightsOptions } from '../src/node';

type Weight = [name: string, shape: number[], number: number];
type LegacyLayer = [layer: string, weights: Weight[]];
interface Listing {
  legacy: LegacyLayer[];
  weights?: [group: string, layer: string, weights: Weight[]][];
  config?: object;
}
/** What files of Keras list, and the network's outputs: scripts/golden/weights_layer_order.py. */
const { files, outputs } = JSON.parse(
  readFileSync(new URL('fixtures/layer-order.json', import.meta.url), 'utf8'),
) as { files: Record<string, Listing>; outputs: Record<string, number[]> };

/** The values of weight `number`, by the formula of the script. */
function valuesOf(name: string, shape: readonly number[], number: number): Uint8Array {
  const values = Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, (_, k) => {
    const value = 0.5 * Math.sin(k + 1 + 100 * number);
    return name.includes('variance') ? 1 + value ** 2 : name.includes('gamma') ? 1 + value : value;
  });
  return new Uint8Array(values.buffer);
}

function dataset(role: string, shape: number[], number: number) {
  const bytes = () => Promise.resolve(valuesOf(role, shape, number));
  return { kind: 'dataset', shape, type: 'float32', bytes } as const;
}

async function bytesOf(root: GroupContent): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of writeHdf5(root).pieces()) pieces.push(piece.slice());
  return Buffer.concat(pieces);
}

interface LegacyOptions {
  rename?: (name: string) => string;
  withConfig?: boolean;
  edit?: (layers: LegacyLayer[]) => LegacyLayer[];
}

/** The legacy file that Keras writes of `program`, weights only or the whole model. */
async function legacyFile(program: string, options: LegacyOptions = {}): Promise<Uint8Array> {
  const {
    rename = (name: string) => name,
    withConfig = false,
    edit = (layers: LegacyLayer[]) => layers,
  } = options;
  const { legacy, config } = files[program]!;
  const layers = edit(legacy);
  const [root, group] = [groupContent(), groupContent()];
  putList(
    group,
    'layer_names',
    layers.map(([name]) => rename(name)),
  );
  group.attributes.set('keras_version', '3.15.1').set('backend', 'tensorflow');
  for (const [name, weights] of layers) {
    const layer = groupContent();
    putList(
      layer,
      'weight_names',
      weights.map(([role]) => `${rename(name)}/${role}`),
    );
    for (const [role, shape, number] of weights)
      addChild(layer, `${rename(name)}/${role}`, dataset(role, shape, number));
    addChild(group, rename(name), layer);
  }
  if (!withConfig) return bytesOf(group);
  root.attributes.set('model_config', JSON.stringify(config));
  root.children.set('model_weights', group);
  return bytesOf(root);
}

/** The `.weights.h5` that Keras writes of `program`; before 3.6 without the layers' names. */
async function weightsFile(program: string, isNamed = true): Promise<Uint8Array> {
  const root = groupContent();
  for (const [group, name, weights] of files[program]!.weights!) {
    const variables = groupContent();
    if (isNamed) variables.attributes.set('name', name);
    addChild(root, `layers/${group}/vars`, variables);
    const roles = group.startsWith('batch')
      ? ['gamma', 'beta', 'moving_mean', 'moving_variance']
      : ['kernel', 'bias'];
    for (const [key, shape, number] of weights)
      addChild(variables, key, dataset(roles[Number(key)]!, shape, number));
  }
  return bytesOf(root);
}

/** The script's network, with the names of keras.applications, listing either way first in its sums. */
function network(sumFirst: 'branch' | 'shortcut', { classes = 3, includeTop = true } = {}): tfl.LayersModel {
  const style: BlockStyle = {
    convolutionBias: true,
    epsilon: 1e-3,
    momentum: 0.99,
    strideIn: 'first',
    padding: 'same',
    sumFirst,
    kernelInitializer: () => tfl.initializers.zeros(),
  };
  const input = tfl.input({ shape: [8, 8, 3] });
  let x = convolution(input, style, { name: 'conv1_conv', filters: 4, kernelSize: 3 });
  x = relu(norm(x, style, { name: 'conv1_bn' }), 'conv1_relu');
  x = bottleneckBlock(x, { name: 'conv2_block1', filters: 2, width: 4, shortcut: 'projection', style });
  x = bottleneckBlock(x, { name: 'conv2_block2', filters: 2, width: 4, style });
  x = bottleneckBlock(x, {
    name: 'conv3_block1',
    filters: 3,
    width: 4,
    stride: 2,
    shortcut: 'projection',
    style,
  });
  const pooled = tfl.layers.globalAveragePooling2d({ name: 'avg_pool' }).apply(x);
  if (!includeTop) {
    return tfl.model({ inputs: input, outputs: pooled as tfl.SymbolicTensor, name: 'small' });
  }
  const head = tfl.layers.dense({ name: 'predictions', units: classes, activation: 'softmax' }).apply(pooled);
  return tfl.model({ inputs: input, outputs: head as tfl.SymbolicTensor, name: 'small' });
}

const models: tfl.LayersModel[] = [];
function use(model: tfl.LayersModel): tfl.LayersModel {
  models.push(model);
  return model;
}
afterEach(() => {
  models.splice(0).forEach((model) => model.dispose());
});

function difference(model: tfl.LayersModel): number {
  const found = tf.tidy(() => {
    const values = Float32Array.from({ length: 2 * 8 * 8 * 3 }, (_, i) => Math.sin(i));
    return [...(model.predict(tf.tensor(values, [2, 8, 8, 3])) as tf.Tensor).dataSync()];
  });
  return Math.max(...found.map((value, i) => Math.abs(value - outputs['post']![i]!)));
}

/** How far the outputs are from Keras' after `file` is loaded. */
async function load(
  model: tfl.LayersModel,
  file: Uint8Array,
  options: LoadKerasWeightsOptions = {},
): Promise<number> {
  await loadKerasWeights(model, file, options);
  return difference(model);
}

const ORDERS = ['branch', 'shortcut'] as const;

describe.each(ORDERS)('a network that adds the %s first', (sumFirst) => {
  it.each([
    ['the post: shortcut made first, branch added first', 'post'],
    ['keras.applications without its names: shortcut made and added first', 'applications'],
    ['the course, by the names of its layers', 'course'],
  ])("takes a legacy file of %s as it is, with Keras' outputs", async (_, program) => {
    const model = use(network(sumFirst));
    const file = await legacyFile(program);
    expect(await load(model, file)).toBeLessThan(1e-6);
    expect(await load(use(network(sumFirst)), file, { by: 'topology' })).toBeLessThan(1e-6);
  });

  it("takes the post's `.weights.h5`, whose names are running numbers, class by class", async () => {
    expect(await load(use(network(sumFirst)), await weightsFile('post'))).toBeLessThan(1e-6);
  });

  it.each(['numbered', 'between'])('refuses a file of %s, whose numbers fit both orders', async (program) => {
    const model = use(network(sumFirst));
    const file = await legacyFile(program);
    for (const options of [{}, { by: 'topology' }, { by: 'topology', skipMismatch: true }] as const) {
      await expect(loadKerasWeights(model, file, options)).rejects.toMatchObject({
        code: 'weights-mismatch',
        message: expect.stringMatching(
          /conv2d_[34] could be conv2_block1_[03]_conv or conv2_block1_[03]_conv: .*Say which it is with `rename`/,
        ) as string,
      });
    }
    const kernels = model.layers
      .filter(({ name }) => name.endsWith('_conv'))
      .map((layer) => layer.getWeights()[0]!);
    expect(kernels.every((kernel) => kernel.dataSync().every((value) => value === 0))).toBe(true);
  });

  it('takes the same file once `rename` says which layer is which', async () => {
    const rename = { conv2d_3: 'conv2_block1_3_conv' };
    expect(
      await load(use(network(sumFirst)), await legacyFile('numbered'), { by: 'topology', rename }),
    ).toBeLessThan(1e-6);
    const other = { conv2d_4: 'conv2_block1_3_conv' };
    expect(
      await load(use(network(sumFirst)), await legacyFile('between'), { rename: other, by: 'topology' }),
    ).toBeLessThan(1e-6);
    // As the error advises it, without more.
    expect(await load(use(network(sumFirst)), await legacyFile('between'), { rename: other })).toBeLessThan(
      1e-6,
    );
  });

  it('takes the whole model that the file without proof is the weights of: its architecture says the order', async () => {
    const file = await legacyFile('numbered', { withConfig: true });
    expect(await load(use(network(sumFirst)), file)).toBeLessThan(1e-6);
    const strange = await legacyFile('numbered', { withConfig: false, rename: (name) => `my_${name}` });
    await expect(loadKerasWeights(use(network(sumFirst)), strange)).rejects.toThrow('could be');
  });

  it('refuses a `.weights.h5` without names where two orders fit', async () => {
    const file = await weightsFile('post', false);
    await expect(loadKerasWeights(use(network(sumFirst)), file)).rejects.toThrow(
      /layers\/conv2d_\d could be conv2_block1/,
    );
    const rename = { 'layers/conv2d_3': 'conv2_block1_3_conv' };
    expect(await load(use(network(sumFirst)), file, { rename })).toBeLessThan(1e-6);
  });
});

describe('a file loaded by order', () => {
  const headNames = ['predictions/kernel', 'predictions/bias'];

  it('fills all but a head of other classes with `skipMismatch`, and swaps nothing', async () => {
    const [model, whole] = [use(network('shortcut', { classes: 5 })), use(network('shortcut'))];
    const file = await legacyFile('post');
    const report = await loadKerasWeights(model, file, { skipMismatch: true });
    await loadKerasWeights(whole, file);
    expect(report.mismatched.map(({ name }) => name)).toEqual(headNames);
    for (const { name } of model.layers.filter(
      (layer) => layer.weights.length > 0 && layer.name !== 'predictions',
    )) {
      const [found, expected] = [model, whole].map((each) => each.getLayer(name).getWeights()[0]!.dataSync());
      expect(found, name).toEqual(expected);
    }
  });

  it('fills a network without a head with `skipMismatch`, and says what is left', async () => {
    const model = use(network('branch', { includeTop: false }));
    const { unexpected, missing, mismatched } = await loadKerasWeights(model, await legacyFile('post'), {
      skipMismatch: true,
    });
    expect([unexpected, missing, mismatched]).toEqual([['dense/kernel', 'dense/bias'], [], []]);
  });

  it('is refused, `skipMismatch` or not, if a layer is missing in between', async () => {
    const edit = (layers: LegacyLayer[]) => layers.filter(([name]) => name !== 'conv2d_5');
    const file = await legacyFile('post', { edit });
    for (const skipMismatch of [false, true]) {
      await expect(loadKerasWeights(use(network('branch')), file, { skipMismatch })).rejects.toThrow(
        /there 'batch_normalization_5' of the file stands where the model has 'conv2_block2_1_conv', a Conv2D/,
      );
    }
  });

  it('is refused if names say that layers are of another class, whatever their shapes', async () => {
    const file = await legacyFile('post', { rename: (name) => name.replace('conv2d_6', 'conv2d_transpose') });
    await expect(loadKerasWeights(use(network('branch')), file, { by: 'topology' })).rejects.toThrow(
      /'conv2d_transpose' of the file stands where the model has 'conv2_block2_2_conv', a Conv2D/,
    );
  });

  it('is refused for files that list no layers in order, with advice', async () => {
    const advice = /'name' for .*, because a \.weights\.h5 does not list its layers in order.*Leave `by` out/;
    await expect(
      loadKerasWeights(use(network('branch')), await weightsFile('post'), { by: 'topology' }),
    ).rejects.toThrow(advice);
  });

  it('does not take numbers that count something else for proof', async () => {
    // Named from the last layer to the first: a larger number comes before a smaller one everywhere.
    const rename = (name: string) =>
      name.replace(/(?:_(\d+))?$/, (_, number?: string) => `_${50 - Number(number ?? 0)}`);
    const file = await legacyFile('post', { rename });
    await expect(loadKerasWeights(use(network('branch')), file)).rejects.toThrow('could be conv2_block1');
  });

  it('takes sums of ways that are alike as they come: any order gives the same', async () => {
    const build = (names: readonly string[]) => {
      const input = tfl.input({ shape: [4, 4, 2] });
      const ways = names.map(
        (name) => tfl.layers.conv2d({ name, filters: 3, kernelSize: 1 }).apply(input) as tfl.SymbolicTensor,
      );
      const sum = tfl.layers.add().apply(ways) as tfl.SymbolicTensor;
      return use(tfl.model({ inputs: input, outputs: sum }));
    };
    const [source, target] = [build(['a', 'b', 'c', 'd', 'e']), build(['v', 'w', 'x', 'y', 'z'])];
    const pieces: Uint8Array[] = [];
    for await (const piece of encodeKerasH5(source, { weightsOnly: true }).pieces())
      pieces.push(piece.slice());
    await loadKerasWeights(target, Buffer.concat(pieces));
    const [found, expected] = [target, source].map((model) =>
      tf.tidy(() => (model.predict(tf.ones([1, 4, 4, 2])) as tf.Tensor).dataSync()),
    );
    expect(found).toEqual(expected);
  });

  it('settles the order within a nested model too, or refuses it', async () => {
    const nest = (inner: tfl.LayersModel) => {
      const input = tfl.input({ shape: [8, 8, 3], name: 'outer_input' });
      return use(
        tfl.model({ inputs: input, outputs: inner.apply(input) as tfl.SymbolicTensor, name: 'outer' }),
      );
    };
    for (const program of ['post', 'numbered']) {
      const model = nest(network('shortcut'));
      const inside = files[program]!.legacy.flatMap(([layer, weights]) =>
        weights.map(([role, ...rest]): Weight => [`${layer}/${role}`, ...rest]),
      );
      const trained = (weight: Weight) => !weight[0].includes('moving');
      const edit = (): LegacyLayer[] => [
        ['small', [...inside.filter(trained), ...inside.filter((weight) => !trained(weight))]],
      ];
      const loading = load(model, await legacyFile(program, { edit }));
      if (program === 'post') expect(await loading).toBeLessThan(1e-6);
      else await expect(loading).rejects.toThrow(/small\/conv2d_\d could be small\/conv2_block1/);
    }
  });
});
