import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { softmaxCrossEntropy } from '@zoo/core';
import { selectEngine, type SelectedEngine } from '@zoo/engine';
import { loadTorchWeights } from '@zoo/weights';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { isOracleAbsent, ORACLE_NOTE, runOracle } from '../../../test-support/oracle-python';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { createResnet } from '../src';

import { inStarts } from './in-starts';
import { timmOptions } from './timm-options';

interface Answer {
  readonly pictures: { readonly shape: number[]; readonly values: number[] };
  readonly labels: number[];
  readonly loss: number;
  readonly gradientNorm: number;
}

const SIDE = 64;
const BATCH = 4;
const TOLERANCE = 1e-3;

const PIECES = {
  resnet10t: 'a deep stem of rising widths',
  resnet26d: 'average downsampling',
  seresnet18: 'squeeze and excitation',
  resnetblur18: 'blur',
  ecaresnet26t: 'efficient channel attention',
  seresnext26d_32x4d: 'grouped convolutions',
  resnetaa34d: 'anti-aliasing by averages',
  resnetrs50: 'ResNet-RS',
  resnet50_gn: 'group norm',
  resnetv2_50x1_bit: 'standardised weights (BiT)',
  resnetv2_50d_evos: 'EvoNorm',
  resnetv2_50d_frn: 'filter response norm',
};

const SCRIPT = fileURLToPath(new URL('timm_training.py', import.meta.url));

/** The mean loss of a batch, and the norm of all weights' gradients taken as one vector. */
function trainingStep(model: tfl.LayersModel, { pictures, labels }: Answer): { loss: number; norm: number } {
  const variables = model.trainableWeights.map(({ name }) => tf.engine().registeredVariables[name]!);
  return tf.tidy(() => {
    const x = tf.tensor(pictures.values, pictures.shape);
    const targets = tf.cast(tf.oneHot(labels, 10), 'float32') as tf.Tensor2D;
    const { value, grads } = tf.variableGrads(
      () => tf.mean(softmaxCrossEntropy(model.apply(x, { training: true }) as tf.Tensor2D, targets)),
      variables,
    );
    const squares = variables.map(({ name }) =>
      (grads[name]!.dataSync() as Float32Array).reduce((sum, gradient) => sum + gradient * gradient, 0),
    );
    return { loss: value.dataSync()[0]!, norm: Math.sqrt(squares.reduce((sum, square) => sum + square, 0)) };
  });
}

describe.skipIf(isOracleAbsent)(`on wasm, a training step with timm's random weights${ORACLE_NOTE}`, () => {
  let engine: SelectedEngine;
  const place = temporaryDirectory('suite');
  const answerOf = inStarts(Object.keys(PIECES), async (names) => {
    const job = { names, batch: BATCH, side: SIDE, directory: place() };
    return runOracle<Record<string, Answer>>(SCRIPT, job, place('job.json'));
  });

  beforeAll(async () => {
    engine = await selectEngine({ prefer: 'wasm' });
  });
  afterAll(async () => {
    await engine.dispose();
  });

  it.each(Object.entries(PIECES))('%s, %s: loss and gradient norm are PyTorch’s', async (name) => {
    const answer = await answerOf(name);
    const model = createResnet(name, { ...timmOptions(name), inputShape: [SIDE, SIDE, 3] });
    await loadTorchWeights(model, place(`${name}.safetensors`));
    const { loss, norm } = trainingStep(model, answer);
    expect(Math.abs(loss / answer.loss - 1)).toBeLessThan(TOLERANCE);
    expect(Math.abs(norm / answer.gradientNorm - 1)).toBeLessThan(TOLERANCE);
    model.dispose();
    await rm(place(`${name}.safetensors`));
  });
});
