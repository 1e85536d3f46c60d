import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { groupContent, writeHdf5, type GroupContent } from '../src/hdf5/write-hdf5';
import {
  loadKerasModel,
  loadKerasOptimizer,
  loadKerasWeights,
  modelWeights,
  saveKeras,
  saveKerasH5,
  saveKerasWeights,
  type KerasOptimizer,
} from '../src/node';

import { nestedModel, outputsOf, zeroWeights } from './support/small-models';

const place = temporaryDirectory('suite');
const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const states = JSON.parse(readFileSync(fixture('optimizer-states.json'), 'utf8')) as Record<
  string,
  { iterations: number; slots: Record<string, number[]> }
>;

/** What scripts/golden/weights_optimizers.py trained with. */
const SETUP = { className: 'Adam', learningRate: 0.25, settings: { beta1: 0.5 } } as const;

/** An optimizer of `model` whose values tell every slot of every weight apart. */
function optimizerOf(model: tfl.LayersModel, setup: Omit<KerasOptimizer, 'iterations' | 'slots'>) {
  const trainable = new Set(model.trainableWeights);
  const weights = modelWeights(model).filter(({ variable }) => trainable.has(variable));
  const slotNames = {
    SGD: ['momentum'],
    Adam: ['momentum', 'velocity'],
    AdamW: ['momentum', 'velocity'],
    RMSprop: ['velocity', 'momentum', 'averageGradient'],
  }[setup.className];
  const entries = weights.flatMap(({ name, variable }, i) =>
    slotNames.map((slot, j) => {
      const shape = variable.shape as number[];
      const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, k) => i + j / 2 + k / 8);
      return [`${slot}/${name}`, { shape, values }] as const;
    }),
  );
  return { ...setup, iterations: 7, slots: new Map(entries) } satisfies KerasOptimizer;
}

describe("an optimizer's state in files that Keras wrote", () => {
  it.each(Object.keys(states))('%s is read slot by slot and weight by weight', async (name) => {
    const model = await loadKerasModel(fixture(name.replace('.weights.h5', '.h5')));
    const optimizer = await loadKerasOptimizer(model, fixture(name), { setup: SETUP });
    const { iterations, slots } = states[name]!;
    expect(optimizer).toMatchObject({ className: 'Adam', learningRate: 0.25, iterations });
    expect(optimizer.settings.beta1).toBe(0.5);
    const read = Array.from(optimizer.slots, ([key, { values }]) => [key, [...values]]);
    expect(Object.fromEntries(read)).toEqual(slots);
    model.dispose();
  });

  it('a .weights.h5 does not say which optimizer it is of, and that is said', async () => {
    const model = await loadKerasModel(fixture('optimizer-3.h5'));
    await expect(loadKerasOptimizer(model, fixture('optimizer-3.weights.h5'))).rejects.toMatchObject({
      code: 'invalid-file',
      message: expect.stringMatching(/does not say which optimizer.*`setup`/) as string,
    });
    model.dispose();
  });

  it('a file without an optimizer is said to have none', async () => {
    const model = await loadKerasModel(fixture('keras3.h5'));
    await expect(loadKerasOptimizer(model, fixture('keras3.h5'))).rejects.toMatchObject({
      code: 'invalid-file',
      message: expect.stringMatching(/holds no optimizer/) as string,
    });
    model.dispose();
  });

  it('state of other layers than are trainable now is refused', async () => {
    const model = await loadKerasModel(fixture('optimizer-3.keras'));
    model.getLayer('frozen').trainable = true;
    await expect(loadKerasOptimizer(model, fixture('optimizer-3.keras'))).rejects.toMatchObject({
      code: 'weights-mismatch',
      message: expect.stringMatching(/8 values where 12 are needed/) as string,
    });
    model.dispose();
  });
});

describe("an optimizer's state that was saved", () => {
  const momentum = {
    className: 'SGD',
    learningRate: 1,
    settings: { momentum: 0.5, nesterov: true },
  } as const;
  const decay = {
    className: 'AdamW',
    learningRate: 0.5,
    settings: { epsilon: 1e-6, weightDecay: 0.25 },
  } as const;
  const centered = {
    className: 'RMSprop',
    learningRate: 0.5,
    settings: { rho: 0.75, momentum: 0.5, centered: true },
  } as const;
  const saves = [
    ['model.h5', saveKerasH5],
    ['model.keras', saveKeras],
    ['model.weights.h5', saveKerasWeights],
    [
      'model.weights.json',
      (model: tfl.LayersModel, path: string, options: { optimizer: KerasOptimizer }) =>
        saveKerasWeights(model, path, { ...options, maxShardBytes: 300 }),
    ],
  ] as const;

  it.each(
    saves.flatMap(([name, save]) =>
      [momentum, decay, centered].map((setup) => [setup.className, name, setup, save] as const),
    ),
  )('as %s in %s comes back as it was', async (_, name, setup, save) => {
    const model = nestedModel();
    (model.getLayer('inner') as unknown as tfl.LayersModel).getLayer('conv').trainable = false;
    const optimizer = optimizerOf(model, setup);
    await save(model, place(name), { optimizer });
    expect(await loadKerasOptimizer(model, place(name), { setup })).toEqual(optimizer);
    model.dispose();
  });

  it.each(['velocity', 'momentum'])('of a model that lacks a weight of its %s is refused', async (slot) => {
    const model = nestedModel();
    const optimizer = optimizerOf(model, decay);
    optimizer.slots.delete(`${slot}/dense/bias`);
    await expect(saveKeras(model, place('lacks.keras'), { optimizer })).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining(`${slot}/dense/bias`) as string,
    });
    model.dispose();
  });

  it('of RMSprop with epsilon outside the root, which Keras 3 lacks, is refused', async () => {
    const model = nestedModel();
    const optimizer = { ...centered, settings: { legacyEpsilon: true }, iterations: 0, slots: new Map() };
    await expect(saveKeras(model, place('outside.keras'), { optimizer })).rejects.toThrow(
      /a rule that Keras 3 has for `options.optimizer.settings.legacyEpsilon`/,
    );
    model.dispose();
  });

  it('has no place in a legacy file of weights only', async () => {
    const model = nestedModel();
    const optimizer = optimizerOf(model, momentum);
    await expect(
      saveKerasH5(model, place('only.h5'), { optimizer, weightsOnly: true }),
    ).rejects.toMatchObject({ code: 'invalid-argument' });
    model.dispose();
  });

  it('before the first update is zeros', async () => {
    const model = nestedModel();
    const optimizer = { ...momentum, iterations: 0, slots: new Map() };
    await saveKeras(model, place('fresh.keras'), { optimizer });
    const { slots } = await loadKerasOptimizer(model, place('fresh.keras'));
    expect([...slots.values()].every(({ values }) => values.every((value) => value === 0))).toBe(true);
    expect(slots.size).toBe(model.trainableWeights.length);
    model.dispose();
  });
});

/** The group of this name below another, made if it is absent. */
function childGroup(group: GroupContent, name: string): GroupContent {
  const child = group.children.get(name) ?? groupContent();
  group.children.set(name, child);
  return child as GroupContent;
}

describe('a hostile or strange optimizer', () => {
  /** A legacy file with this optimizer's configuration and these variables. */
  async function load(
    optimizerConfig: unknown,
    variables: Record<string, number[]> = {},
    kerasVersion = '3.0.0',
  ) {
    const model = await loadKerasModel(fixture('optimizer-3.h5'));
    const root = groupContent();
    root.attributes.set('training_config', JSON.stringify({ optimizer_config: optimizerConfig }));
    const names = model.layers.map(({ name }) => name);
    const weights = groupContent();
    weights.attributes.set('layer_names', names).set('keras_version', kerasVersion);
    for (const name of names) weights.children.set(name, emptyGroup());
    root.children.set('model_weights', weights);
    const state = groupContent();
    state.attributes.set('weight_names', Object.keys(variables));
    for (const [name, values] of Object.entries(variables)) {
      const shape = name.startsWith('scalar') ? [] : values.length === 4 ? [2, 2] : [values.length];
      const bytes = () => Promise.resolve(new Uint8Array(Float64Array.from(values).buffer));
      const [last, ...groups] = name.split('/').reverse();
      const parent = groups.reverse().reduce(childGroup, state);
      parent.children.set(last!, { kind: 'dataset', shape, type: 'float64', bytes });
    }
    root.children.set('optimizer_weights', state);
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for await (const piece of writeHdf5(root).pieces()) pieces.push(piece.slice());
    try {
      return await loadKerasOptimizer(model, new Blob(pieces));
    } finally {
      model.dispose();
    }
  }

  const sgd = { class_name: 'SGD', config: { learning_rate: 0.1 } };

  it.each([
    [{ class_name: 'Lion', config: { learning_rate: 0.1 } }, 'unsupported', /holds Lion/],
    [
      { class_name: 'Adam', config: { learning_rate: 0.1, use_ema: true } },
      'unsupported',
      /Adam with use_ema/,
    ],
    [
      { class_name: 'SGD', config: { learning_rate: { class_name: 'CosineDecay', config: {} }, decay: 0.5 } },
      'unsupported',
      /either a schedule or decay/,
    ],
    [{ class_name: 'SGD', config: { lr: 0.1, decay: 'some' } }, 'invalid-file', /decay is no number/],
    [{ class_name: 'SGD', config: {} }, 'invalid-file', /without a learning rate/],
    [{ class_name: 'SGD', config: { lr: 0.1, momentum: 'much' } }, 'invalid-file', /momentum is no number/],
  ])('%j is refused by name', async (config, code, message) => {
    await expect(load(config)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
  });

  it.each([
    ['a count of updates that is none', { scalar: [0.5] }],
    ['a negative count of updates', { scalar: [-1] }],
    ['a learning rate that is no number', { scalar: [1], scalar1: [Number.NaN] }],
    ['more scalars than any version has', { scalar: [1], scalar1: [1], scalar2: [1] }],
  ])('%s is refused', async (_, variables) => {
    await expect(load(sgd, variables)).rejects.toMatchObject({ code: 'invalid-file' });
  });

  it('updates without their state are refused', async () => {
    const adam = { class_name: 'Adam', config: { learning_rate: 0.1 } };
    await expect(load(adam, { scalar: [3] })).rejects.toMatchObject({ code: 'weights-mismatch' });
  });

  it('state of other shapes is refused', async () => {
    const config = { learning_rate: 0.1, momentum: 0.9 };
    const variables = { scalar: [3], a: [1, 2], b: [1, 2], c: [1, 2], d: [1, 2] };
    await expect(load({ class_name: 'SGD', config }, variables)).rejects.toMatchObject({
      code: 'weights-mismatch',
      message: expect.stringMatching(/momentum has shape \[2\] for b\/kernel of shape \[2, 2\]/) as string,
    });
  });

  it('the decay of Keras before 2.11 is the schedule that does the same', async () => {
    const optimizer = await load(
      { class_name: 'Adam', config: { lr: 0.1, decay: 0.01, amsgrad: false } },
      { scalar: [0] },
    );
    expect(optimizer.learningRate).toEqual({
      class_name: 'InverseTimeDecay',
      config: { initial_learning_rate: 0.1, decay_steps: 1, decay_rate: 0.01, staircase: false },
    });
  });

  it.each([
    ['2.4.0', { class_name: 'RMSprop', config: { learning_rate: 0.1, rho: 0.9 } }, true],
    ['2.4.0', { class_name: 'RMSprop', config: { learning_rate: 0.1, rho: 0.9, momentum: 0.5 } }, undefined],
    ['2.14.0', { class_name: 'Custom>RMSprop', config: { learning_rate: 0.1 } }, undefined],
    [
      '2.14.0',
      { class_name: 'RMSprop', config: { learning_rate: 0.1, is_legacy_optimizer: false } },
      undefined,
    ],
    ['3.0.0', { class_name: 'RMSprop', config: { learning_rate: 0.1 } }, undefined],
  ])('RMSprop of Keras %s, %j: epsilon outside the root is %s', async (version, config, expected) => {
    const { settings } = await load(config, { scalar: [0] }, version);
    expect(settings.legacyEpsilon).toBe(expected);
  });

  it('RMSprop of tf.keras before 2.11 lies slot by slot', async () => {
    const shapes = { 'b/kernel': 4, 'b/bias': 2, 'a/kernel': 4, 'a/bias': 2 };
    const slots = { rms: 0, momentum: 10, mg: 20 };
    const variables = Object.entries(slots).flatMap(([slot, first]) =>
      Object.entries(shapes).map(([name, size], index) => [
        `RMSprop/${name}/${slot}:0`,
        Array.from({ length: size }, () => first + index),
      ]),
    );
    const config = { learning_rate: 0.1, rho: 0.9, momentum: 0.5, centered: true };
    const optimizer = await load(
      { class_name: 'RMSprop', config },
      { scalar: [5], ...(Object.fromEntries(variables) as Record<string, number[]>) },
      '2.4.0',
    );
    const first = Array.from(optimizer.slots, ([name, { values }]) => [name, values[0]]);
    expect(optimizer.iterations).toBe(5);
    expect(Object.fromEntries(first)).toEqual({
      ...{ 'velocity/b/kernel': 0, 'velocity/b/bias': 1, 'velocity/a/kernel': 2, 'velocity/a/bias': 3 },
      ...{ 'momentum/b/kernel': 10, 'momentum/b/bias': 11, 'momentum/a/kernel': 12, 'momentum/a/bias': 13 },
      ...{ 'averageGradient/b/kernel': 20, 'averageGradient/b/bias': 21 },
      ...{ 'averageGradient/a/kernel': 22, 'averageGradient/a/bias': 23 },
    });
  });

  it('a schedule is kept as it is', async () => {
    const learning_rate = {
      class_name: 'CosineDecay',
      config: { initial_learning_rate: 0.1, decay_steps: 10 },
    };
    const optimizer = await load({ class_name: 'SGD', config: { learning_rate } }, { scalar: [3] });
    expect(optimizer).toEqual({
      className: 'SGD',
      learningRate: learning_rate,
      settings: {},
      iterations: 3,
      slots: new Map(),
    });
  });
});

describe('sharded weights', () => {
  it('fill a model as one file does', async () => {
    const [source, target] = [nestedModel(), nestedModel()];
    await saveKerasWeights(source, place('shards.weights.json'), { maxShardBytes: 300 });
    await loadKerasWeights(target, place('shards.weights.json'));
    expect(outputsOf(target)).toEqual(outputsOf(source));
    source.dispose();
    target.dispose();
  });

  it('take another name than Keras reads for a mistake, and a weight that fits no shard', async () => {
    const model = nestedModel();
    await expect(saveKerasWeights(model, place('x.weights.h5'), { maxShardBytes: 300 })).rejects.toThrow(
      /ends in .weights.json/,
    );
    await expect(saveKerasWeights(model, place('x.weights.json'), { maxShardBytes: 100 })).rejects.toThrow(
      /bytes enough for 'conv', which has 216/,
    );
    model.dispose();
  });

  it('leave the older ones alone where the signal aborts', async () => {
    const [first, second] = [nestedModel(), nestedModel()];
    await saveKerasWeights(first, place('kept.weights.json'), { maxShardBytes: 300 });
    zeroWeights(second);
    const controller = new AbortController();
    const original = second.weights.at(-1)!.read.bind(second.weights.at(-1)!);
    second.weights.at(-1)!.read = () => {
      controller.abort(new Error('enough'));
      return original();
    };
    const saving = saveKerasWeights(second, place('kept.weights.json'), {
      maxShardBytes: 300,
      signal: controller.signal,
    });
    await expect(saving).rejects.toThrow('enough');
    const loaded = nestedModel();
    await loadKerasWeights(loaded, place('kept.weights.json'));
    expect(outputsOf(loaded)).toEqual(outputsOf(first));
    [first, second, loaded].forEach((model) => model.dispose());
  });
});

function emptyGroup(): GroupContent {
  const group = groupContent();
  group.attributes.set('weight_names', []);
  return group;
}
