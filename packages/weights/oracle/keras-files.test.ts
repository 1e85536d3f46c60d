import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-wasm';
import { cifarResnet, resnet152, resnet18, resnet50, resnet50v2 } from '@zoo/resnet';
import { beforeAll, describe, expect, it } from 'vitest';

import { isOracleAbsent, ORACLE_NOTE, runOracle } from '../../../test-support/oracle-python';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import {
  loadKerasModel,
  loadKerasWeights,
  saveKeras,
  saveKerasH5,
  saveKerasWeights,
  saveOnnx,
} from '../src/node';
import { nestedModel, outputsOf, randomizeWeights, zeroWeights } from '../test/support/small-models';

interface Answer {
  outputs: Record<string, number[]>;
  /** What the ONNX file is made of. */
  graph: { operatorSet: number[]; convolutions: number; batchNormalizations: number; scalings: number };
}

const place = temporaryDirectory('suite');
const small = { inputShape: [64, 64, 3] as [number, number, number], kernelInitializer: 'zeros' as const };

describe.skipIf(isOracleAbsent)(`files for Keras and onnxruntime${ORACLE_NOTE}`, () => {
  beforeAll(async () => {
    await tf.setBackend('wasm');
  });

  it.each([
    ['nested', nestedModel],
    ['resnet20', () => cifarResnet(20, { kernelInitializer: 'zeros' })],
    ['resnet18', () => resnet18(small)],
    ['resnet50', () => resnet50(small)],
    ['resnet50v2', () => resnet50v2(small)],
    ['resnet152', () => resnet152(small)],
  ])('of %s give equal outputs there, and come back exact', async (name, build) => {
    const model = name === 'nested' ? build() : gentleWeights(build());
    const shape = model.inputs[0]!.shape.map((size, i) => (i === 0 ? 2 : size!));
    const path = (ending: string) => place(`${name}${ending}`);
    await saveKerasH5(model, path('.h5'));
    await saveKerasH5(model, path('-weights.h5'), { weightsOnly: true });
    await saveKeras(model, path('.keras'));
    await saveKerasWeights(model, path('.weights.h5'));
    // Shards as small as the largest weight lets them be: most layers lie in two.
    const maxShardBytes =
      4 * Math.max(...model.weights.map(({ shape }) => tf.util.sizeFromShape(shape as number[])));
    await saveKerasWeights(model, path('.weights.json'), { maxShardBytes });
    await saveOnnx(model, path('.onnx'));
    const { input, output } = inputAndOutput(model, shape);
    const answer = await runOracle<Answer>(
      fileURLToPath(new URL('keras_files.py', import.meta.url)),
      {
        shape,
        input,
        h5: path('.h5'),
        weightsH5: path('-weights.h5'),
        keras: path('.keras'),
        weights: path('.weights.h5'),
        shards: path('.weights.json'),
        maxShardBytes,
        onnx: path('.onnx'),
        back: path('-back'),
      },
      place('job.json'),
    );
    const scale = Math.max(...output.map(Math.abs), 1);
    for (const [file, values] of Object.entries(answer.outputs)) {
      const difference = Math.max(...values.map((value, i) => Math.abs(value - output[i % output.length]!)));
      expect(difference / scale, file).toBeLessThan(1e-4);
    }
    expect(answer.graph).toEqual({
      operatorSet: [17],
      convolutions: convolutionCount(model),
      batchNormalizations: 0,
      // A batch norm that follows no convolution is a scaling; all others are folded.
      scalings: model.layers.filter(({ name }) => /preact_bn$|^post_bn$/.test(name)).length,
    });
    for (const ending of ['-back.h5', '-back.keras']) {
      const back = await loadKerasModel(path(ending));
      expect(sameWeights(back, model), ending).toBe(true);
      expect(outputsOf(back)).toEqual(outputsOf(model));
      back.dispose();
    }
    const filled = await loadKerasModel(path('-back.h5'));
    for (const ending of ['.weights.h5', '.weights.json', '-latest.h5']) {
      zeroWeights(filled);
      await loadKerasWeights(filled, path(`-back${ending}`));
      expect(sameWeights(filled, model), ending).toBe(true);
    }
    filled.dispose();
    model.dispose();
  });
});

/** The convolutions that the model computes: a separable one is two. */
function convolutionCount({ layers }: Pick<tfl.LayersModel, 'layers'>): number {
  return layers.reduce((total, layer) => {
    if (layer instanceof tfl.LayersModel) return total + convolutionCount(layer);
    const className = layer.getClassName();
    return total + (className === 'SeparableConv2D' ? 2 : Number(className === 'Conv2D'));
  }, 0);
}

/** Weights that keep a deep net's activations in bounds: kernels by He's rule, norms near one. */
function gentleWeights(model: tfl.LayersModel): tfl.LayersModel {
  randomizeWeights(model);
  for (const weight of model.weights) {
    const shape = weight.shape as number[];
    const fanIn = shape.slice(0, -1).reduce((product, size) => product * size, 1);
    const factor = /kernel$/.test(weight.originalName) ? Math.sqrt(2 / fanIn) / 0.3 : 0.3;
    const isVariance = /variance$/.test(weight.originalName);
    const isGamma = /gamma$/.test(weight.originalName);
    const scaled = tf.tidy(() => {
      if (isVariance) return tf.clone(weight.read());
      const value = tf.mul(weight.read(), factor);
      return isGamma ? tf.add(tf.mul(value, 0.3), 0.5) : value;
    });
    weight.write(scaled);
    scaled.dispose();
  }
  return model;
}

function inputAndOutput(model: tfl.LayersModel, shape: number[]) {
  return tf.tidy(() => {
    const input = tf.randomUniform(shape, -1, 1, 'float32', 3);
    const output = model.predict(input) as tf.Tensor;
    return { input: [...input.dataSync()].map(Number), output: [...output.dataSync()].map(Number) };
  });
}

/** Whether two models hold the same numbers, weight by weight. */
function sameWeights(left: tfl.LayersModel, right: tfl.LayersModel): boolean {
  const [first, second] = [left, right].map((model) => model.weights.map((weight) => weight.read()));
  if (first!.length !== second!.length) return false;
  return first!.every((weight, i) =>
    tf.tidy(() => tf.all(tf.equal(weight, second![i]!)).dataSync()[0] === 1),
  );
}
