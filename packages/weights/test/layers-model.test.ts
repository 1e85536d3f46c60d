import { execFileSync } from 'node:child_process';
import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { loadLayersModel, loadWeightsFile, saveLayersModel } from '../src/node';

import { nestedModel, outputsOf, smallResidualNet, weightValues } from './support/small-models';

const place = temporaryDirectory('suite');

describe('saveLayersModel and loadLayersModel', () => {
  it.each([
    ['a functional model', smallResidualNet],
    ['a sequential model with a nested one', nestedModel],
  ])('give back %s with identical outputs', async (_, build) => {
    const model = build();
    await saveLayersModel(model, place('model'));
    const loaded = await loadLayersModel(place('model'));
    expect(outputsOf(loaded)).toEqual(outputsOf(model));
    model.dispose();
    loaded.dispose();
  });

  it('write what stock TensorFlow.js loads', async () => {
    const model = nestedModel();
    await saveLayersModel(model, place('stock'), { shardSizeBytes: 1024 });
    const json = JSON.parse(await readFile(join(place('stock'), 'model.json'), 'utf8')) as {
      modelTopology: object;
      weightsManifest: { paths: string[]; weights: tf.io.WeightsManifestEntry[] }[];
    };
    const { paths, weights } = json.weightsManifest[0]!;
    const shards = await Promise.all(paths.map((path) => readFile(join(place('stock'), path))));
    const weightData = new Uint8Array(Buffer.concat(shards)).buffer;
    const artifacts = { modelTopology: json.modelTopology, weightSpecs: weights, weightData };
    const loaded = await tfl.loadLayersModel(tf.io.fromMemory(artifacts));
    expect(outputsOf(loaded)).toEqual(outputsOf(model));
    model.dispose();
    loaded.dispose();
  });

  it('split weights into files of the size asked for', async () => {
    const model = smallResidualNet();
    await saveLayersModel(model, place('shards'), { shardSizeBytes: 1024 });
    const files = (await readdir(place('shards'))).filter((name) => name.endsWith('.bin'));
    expect(files.length).toBe(Math.ceil((model.countParams() * 4) / 1024));
    const loaded = await loadLayersModel(join(place('shards'), 'model.json'));
    expect(weightValues(loaded)).toEqual(weightValues(model));
    model.dispose();
    loaded.dispose();
  });

  it("refuse a shard of another model's under the right name, and a pipe in a shard's place, and do not wait for it", async () => {
    const [model, other] = [smallResidualNet(), smallResidualNet()];
    for (const weight of other.weights) tf.tidy(() => void weight.write(tf.add(weight.read(), 1)));
    await saveLayersModel(model, place('own'), { shardSizeBytes: 1024 });
    await saveLayersModel(other, place('other'), { shardSizeBytes: 1024 });
    const second = async (folder: string) =>
      (await readdir(place(folder))).find((name) => name.startsWith('group1-shard2of'))!;
    const path = join(place('own'), await second('own'));
    await copyFile(join(place('other'), await second('other')), path);
    await expect(loadLayersModel(place('own'))).rejects.toThrow(/does not hold what its name says/);
    await rm(path);
    execFileSync('mkfifo', [path]);
    await expect(loadLayersModel(place('own'))).rejects.toThrow(/it is a folder, pipe or device/);
    await expect(loadWeightsFile(model, path)).rejects.toThrow(/it is a folder, pipe or device/);
    await rm(path);
    await writeFile(path, Buffer.alloc(5000));
    await expect(loadLayersModel(place('own'))).rejects.toThrow(/cut short|ends before/);
    model.dispose();
    other.dispose();
  });

  it('carry the metadata that was set on the model', async () => {
    const model = nestedModel();
    model.setUserDefinedMetadata({ classNames: ['cook', 'judge'] });
    await saveLayersModel(model, place('metadata'));
    const loaded = await loadLayersModel(place('metadata'));
    expect(loaded.getUserDefinedMetadata()).toEqual({ classNames: ['cook', 'judge'] });
    model.dispose();
    loaded.dispose();
  });

  it('replace a former model and its weights, and leave other files alone', async () => {
    const [first, second] = [smallResidualNet(), nestedModel()];
    await saveLayersModel(first, place('replaced'));
    await writeFile(join(place('replaced'), 'notes.bin'), 'mine');
    await saveLayersModel(second, place('replaced'));
    const loaded = await loadLayersModel(place('replaced'));
    expect(weightValues(loaded)).toEqual(weightValues(second));
    expect((await readdir(place('replaced'))).filter((name) => name.startsWith('group1'))).toHaveLength(1);
    expect(await readFile(join(place('replaced'), 'notes.bin'), 'utf8')).toBe('mine');
    [first, second, loaded].forEach((model) => model.dispose());
  });

  it('keep the former model when saving fails half-way', async () => {
    const [first, second] = [smallResidualNet(), smallResidualNet('second')];
    await saveLayersModel(first, place('kept'));
    const before = await readdir(place('kept'));
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(saveLayersModel(second, place('kept'), { signal })).rejects.toThrow('enough');
    expect(await readdir(place('kept'))).toEqual(before);
    [first, second].forEach((model) => model.dispose());
  });

  it('train on after loading: a loaded batch norm moves its averages as core does', async () => {
    const model = smallResidualNet();
    await saveLayersModel(model, place('trains'));
    const loaded = await loadLayersModel(place('trains'));
    const variance = (m: tfl.LayersModel) => [...m.getLayer('a_bn').getWeights()[3]!.dataSync()];
    const step = (m: tfl.LayersModel) =>
      tf.tidy(() => void m.apply(tf.fill([2, 8, 8, 3], 0.5), { training: true }));
    step(model);
    step(loaded);
    expect(variance(loaded)).toEqual(variance(model));
    model.dispose();
    loaded.dispose();
  });
});

describe('loadLayersModel refuses', () => {
  it('a folder without a model', async () => {
    await expect(loadLayersModel(place('nowhere'))).rejects.toMatchObject({ code: 'invalid-file' });
  });

  it('weights that are absent or cut short', async () => {
    const model = smallResidualNet();
    await saveLayersModel(model, place('cut'));
    const [shard] = (await readdir(place('cut'))).filter((name) => name.endsWith('.bin'));
    const bytes = await readFile(join(place('cut'), shard!));
    await writeFile(join(place('cut'), shard!), bytes.subarray(0, 100));
    await expect(loadLayersModel(place('cut'))).rejects.toMatchObject({ code: 'invalid-file' });
    await rm(join(place('cut'), shard!));
    await expect(loadLayersModel(place('cut'))).rejects.toMatchObject({ code: 'invalid-file' });
    model.dispose();
  });

  it('paths that lead out of the folder', async () => {
    const model = smallResidualNet();
    await saveLayersModel(model, place('slip'));
    const file = join(place('slip'), 'model.json');
    const json = (await readFile(file, 'utf8')).replace(/"paths":\["/, '"paths":["../');
    await writeFile(file, json);
    await expect(loadLayersModel(place('slip'))).rejects.toMatchObject({ code: 'invalid-file' });
    model.dispose();
  });
});
