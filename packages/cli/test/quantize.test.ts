import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { PIXEL_NORMALIZATIONS, setModelMetadata } from '@zoo/core';
import { loadLayersModel, loadSafetensors, saveLayersModel } from '@zoo/weights/node';
import { beforeAll, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { compareAnswers } from '../src/models/compare-answers';

import { COLORS, writePictureFolder } from './picture-folder';
import { zoo } from './zoo';

const place = temporaryDirectory('suite');
const names = Object.keys(COLORS) as (keyof typeof COLORS)[];
const hasOnnxRuntime = await (async (name: string) => {
  try {
    await import(name);
    return true;
  } catch {
    return false;
  }
})('onnxruntime-node');
let pictures: string;

/** A classifier that knows {@link COLORS} from 8x8 pictures, by a convolution and their mean. */
function colorModel(...before: readonly tfl.layers.Layer[]): tfl.LayersModel {
  const model = tfl.sequential({
    layers: [
      tfl.layers.inputLayer({ inputShape: [8, 8, 3] }),
      ...before,
      tfl.layers.conv2d({ filters: 64, kernelSize: 1, activation: 'relu', kernelInitializer: 'ones' }),
      tfl.layers.globalAveragePooling2d({}),
      tfl.layers.dense({ units: 3, activation: 'softmax' }),
    ],
  });
  setModelMetadata(model, {
    classNames: names,
    preprocessing: { imageSize: [8, 8], normalization: PIXEL_NORMALIZATIONS.scale },
  });
  const [kernel, bias, dense, denseBias] = model.weights.slice(-4);
  const kinds = Array.from(
    { length: 192 },
    (_, i) => Number((i % 64) % 3 === Math.floor(i / 64)) - 0.01 * (i % 7),
  );
  const wants = Array.from({ length: 192 }, (_, i) => COLORS[names[i % 3]!][Math.floor(i / 3) % 3]! / 500);
  tf.tidy(() => {
    kernel!.write(tf.tensor(kinds, [1, 1, 3, 64]));
    bias!.write(tf.zeros([64]));
    dense!.write(tf.tensor(wants, [64, 3]));
    denseBias!.write(tf.zeros([3]));
  });
  return model;
}

beforeAll(async () => {
  await tf.setBackend('cpu');
  pictures = await writePictureFolder(place('pictures'), { count: 4, size: 8 });
  const model = colorModel();
  await saveLayersModel(model, place('model'));
  model.dispose();
});

const quantize = (output: string, ...options: readonly string[]) =>
  zoo('quantize', place('model'), output, ...options, '--engine', 'cpu');

describe('zoo quantize', () => {
  it('writes safetensors and says what that costs', async () => {
    const file = place('small.safetensors');
    const { status, output } = await quantize(file, '--data', pictures);
    expect(status).toBe(0);
    expect(output).toMatch(
      new RegExp(
        `^${file}\nsize +\\d\\.\\d\\d MB before, \\d\\.\\d\\d MB after: \\d\\d\\.\\d\\d %\n` +
          'accuracy +100.00 % before, 100.00 % after, on 12 pictures\n' +
          'agreement +100.00 % of the first classes; outputs differ by at most 0.0\\d+\n$',
      ),
    );
    const model = await loadLayersModel(place('model'));
    const kernel = [...model.weights[0]!.read().dataSync()];
    await loadSafetensors(model, file);
    expect([...model.weights[0]!.read().dataSync()]).not.toEqual(kernel);
    model.dispose();
  });

  it('writes a folder for TensorFlow.js, in float16 too', async () => {
    const folder = place('web-model');
    const { status, output } = await quantize(folder, '--data', pictures, '--to', 'float16', '--json');
    expect(status).toBe(0);
    const outcome = JSON.parse(output) as Record<string, number>;
    expect(outcome).toMatchObject({ pictures: 12, accuracyBefore: 1, accuracyAfter: 1, agreement: 1 });
    expect(outcome['bytesAfter']).toBeLessThan(outcome['bytesBefore']!);
    (await loadLayersModel(folder)).dispose();
  });

  it('writes a folder that zoo predict answers from, with the classes by name', async () => {
    const folder = place('answering');
    await quantize(folder);
    const { output } = await zoo('predict', folder, join(pictures, 'green', 'green-0.png'), '--top', '1');
    expect(output).toMatch(/^green : /);
  });

  it('writes ONNX calibrated on pictures of its own', async () => {
    const options = ['--data', pictures, '--calibration', pictures, '--calibration-pictures', '5', '--json'];
    const { status, output, errors } = await quantize(place('model.onnx'), ...options);
    expect({ status, errors }).toMatchObject({ status: 0 });
    const outcome = JSON.parse(output) as Record<string, number>;
    expect(outcome).toMatchObject({ pictures: 12, accuracyBefore: 1 });
    if (hasOnnxRuntime) expect(outcome).toMatchObject({ accuracyAfter: 1, agreement: 1 });
    else expect(errors).toContain('npm install onnxruntime-node brings it.');
  });

  it('says where ranges come from the pictures that are measured', async () => {
    const { errors } = await quantize(place('same.onnx'), '--data', pictures);
    expect(errors).toContain('come from 12 of the pictures that accuracy is measured on');
  });

  it('needs no pictures for weights alone, and prints the sizes', async () => {
    const { status, output } = await quantize(place('alone.onnx'), '--weights-only');
    expect(status).toBe(0);
    expect(output.split('\n')).toHaveLength(3);
  });

  it.each([
    [['bare.onnx'], /Expected a folder of pictures.* for `--data`.*Give one, or --weights-only\./],
    [['model.h5'], /Expected a name that ends in \.onnx or \.safetensors/],
    [['model.onnx', '--format', 'safetensors'], /Expected a name that ends in \.safetensors with --format/],
    [['a.safetensors', '--weights-only'], /Expected ONNX in int8 beside it for `--weights-only`/],
    [['a.onnx', '--to', 'float16', '--reduce-range'], /Expected ONNX in int8 beside it for `--reduce-range`/],
    [['a.onnx', '--weights-only', '--calibration', 'x'], /with activations beside it for `--calibration`/],
    [['a.onnx', '--data', 'nowhere'], /nowhere/],
  ])('refuses %j in one sentence, and writes nothing', async ([output, ...options], message) => {
    const folder = place('refused');
    const { status, output: printed, errors } = await quantize(join(folder, output!), ...options);
    expect({ status, printed }).toEqual({ status: 1, printed: '' });
    expect(errors).toMatch(message);
    expect(errors.trim().split('\n')).toHaveLength(1);
    expect(await readdir(folder).catch(() => [])).toEqual([]);
  });

  it('refuses a layer that ONNX has not by its name, and keeps what was there', async () => {
    const relu = tfl.layers.activation({ activation: 'relu' });
    const model = colorModel(tfl.layers.timeDistributed({ layer: relu, name: 'strange' }));
    await saveLayersModel(model, place('strange'));
    model.dispose();
    await writeFile(place('kept.onnx'), 'before');
    const { status, output, errors } = await zoo(
      ...['quantize', place('strange'), place('kept.onnx'), '--data', pictures, '--engine', 'cpu'],
    );
    expect({ status, output }).toEqual({ status: 1, output: '' });
    expect(errors).toContain("found TimeDistributed ('strange')");
    expect(await readFile(place('kept.onnx'), 'utf8')).toBe('before');
  });

  it('refuses a picture that can not be read before anything is written', async () => {
    const damaged = await writePictureFolder(place('damaged'), { count: 2, size: 8 });
    await writeFile(join(damaged, 'red', 'text.png'), 'no picture');
    const { status, errors } = await quantize(place('never.onnx'), '--data', damaged);
    expect(status).toBe(1);
    expect(errors).toContain('text.png');
    expect(await readdir(place())).not.toContain('never.onnx');
  });
});

describe('compareAnswers', () => {
  const answers = (labels: number[], ...outputs: number[][]) => ({
    labels,
    outputs: outputs.map((row) => Float32Array.from(row)),
  });

  it('counts what is right and what is the same', () => {
    const before = answers([0, 1, 1], [0.9, 0.1], [0.2, 0.8], [0.6, 0.4]);
    const after = answers([0, 1, 1], [0.4, 0.6], [0.3, 0.7], [0.6, 0.4]);
    const { largestDifference, ...shares } = compareAnswers(before, after, 0.5);
    expect(shares).toEqual({ pictures: 3, accuracyBefore: 2 / 3, accuracyAfter: 1 / 3, agreement: 2 / 3 });
    expect(largestDifference).toBeCloseTo(0.5);
  });

  it('takes the one unit of a binary head for its second class from the threshold on', () => {
    const before = answers([0, 1], [0.4], [0.7]);
    expect(compareAnswers(before, before, 0.5).accuracyBefore).toBe(1);
    expect(compareAnswers(before, before, 0).accuracyBefore).toBe(0.5);
  });
});
