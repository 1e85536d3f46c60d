import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { foldBatchNorm, selectEngine, type EngineName } from '@zoo/engine';

import { createResnet, decodePredictions } from '../src';

const SIZE = 32;

interface Results {
  readonly outputs: Float32Array;
  readonly foldedOutputs: Float32Array;
  readonly gradients: readonly Float32Array[];
}

/** What the tests call in the page. */
export const enginesPage = {
  /**
   * How far a net with grouped convolutions, squeezing and zero-padded images is from cpu on an engine, whatever draws: its outputs,
   * those with batch norms folded, and its weights' gradients, each against the largest value on cpu.
   */
  async compare(engineName: EngineName) {
    await tf.setBackend('cpu');
    const expected = await results();
    const engine = await selectEngine({ prefer: engineName });
    const actual = await results();
    await engine.dispose();
    return {
      engine: engine.name,
      outputs: difference(actual.outputs, expected.outputs),
      foldedOutputs: difference(actual.foldedOutputs, expected.outputs),
      gradients: actual.gradients.map((values, index) => difference(values, expected.gradients[index]!)),
    };
  },
  /** The best guess for predictions that an engine has computed. */
  async decode(engineName: EngineName) {
    const engine = await selectEngine({ prefer: engineName });
    const predictions = tf.softmax(tf.mul(tf.tensor2d([[1, 3, 2]]), 2));
    const [guesses] = await decodePredictions(predictions, { classIndex: ['a', 'b', 'c'] });
    predictions.dispose();
    await engine.dispose();
    return guesses?.[0]?.id;
  },
};

async function results(): Promise<Results> {
  const model = createResnet('resnext50_32x4d', {
    squeezeReduction: 16,
    inputShape: [SIZE, SIZE, 3],
    classes: 5,
    classifierActivation: null,
    seed: 1,
  });
  const folded = foldBatchNorm(model);
  const picture = tf.randomNormal([1, SIZE, SIZE, 3], 0, 1, 'float32', 1);
  const outputs = [model, folded].map((net) => net.predict(picture) as tf.Tensor);
  // By the norms' averages, not the batch's: those of one picture of one pixel are noise.
  const { value, grads } = tf.variableGrads(() => tf.sum(tf.square(model.apply(picture) as tf.Tensor)));
  const gradients = Object.values(grads);
  const valuesOf = async (tensors: tf.Tensor[]): Promise<Float32Array[]> =>
    Promise.all(tensors.map((tensor) => tensor.data<'float32'>()));
  const [[own, ofFolded], ofGradients] = [await valuesOf(outputs), await valuesOf(gradients)];
  tf.dispose([picture, outputs, value, gradients]);
  folded.dispose();
  model.dispose();
  return { outputs: own!, foldedOutputs: ofFolded!, gradients: ofGradients };
}

function difference(actual: Float32Array, expected: Float32Array): number {
  const largest = (values: Float32Array): number =>
    values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return largest(actual.map((value, index) => value - expected[index]!)) / largest(expected);
}

Object.assign(globalThis, { enginesPage });
