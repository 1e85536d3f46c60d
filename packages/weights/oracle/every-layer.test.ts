import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';

import { isOracleAbsent, ORACLE_NOTE, runOracle } from '../../../test-support/oracle-python';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { loadKerasModel } from '../src/node';

interface Answer {
  shapes: number[][];
  inputs: number[][];
  output: number[];
}

const place = temporaryDirectory('suite');
/**
 * Models; layers that have no counterpart in Keras 3, are parts of others or draw at random; CenterCrop and Resizing, which TensorFlow.js
 * can't run as layers of a model.
 */
const LEFT_OUT = [
  'Model',
  'Functional',
  'Sequential',
  'CenterCrop',
  'Resizing',
  'InputLayer',
  'ThresholdedReLU',
  'CategoryEncoding',
  'RandomWidth',
  'SimpleRNNCell',
  'GRUCell',
  'LSTMCell',
  'ConvLSTM2DCell',
];

describe.skipIf(isOracleAbsent)(`every layer that TensorFlow.js has${ORACLE_NOTE}`, () => {
  let answers: Record<string, Answer>;

  beforeAll(async () => {
    await tf.setBackend('cpu');
    answers = await runOracle(
      fileURLToPath(new URL('every_layer.py', import.meta.url)),
      { folder: place() },
      place('job.json'),
    );
  });

  it('is asked for', () => {
    const names = Object.entries(tf.serialization.SerializationMap.getMap().classNameMap)
      .filter(([, [layerClass]]) => layerClass.prototype instanceof tfl.layers.Layer)
      .map(([name]) => name);
    expect(names.filter((name) => !LEFT_OUT.includes(name) && !(name in answers))).toEqual([]);
  });

  it.each(['.keras', '.h5'])('gives what Keras gives, from a %s', async (ending) => {
    const faults: string[] = [];
    for (const [name, { shapes, inputs, output }] of Object.entries(answers)) {
      try {
        const model = await loadKerasModel(place(`${name}${ending}`));
        const values = tf.tidy(() => {
          const tensors = inputs.map((input, i) => tf.tensor(input, shapes[i]));
          const result = model.predict(tensors.length === 1 ? tensors[0]! : tensors) as tf.Tensor;
          return [...result.dataSync()];
        });
        model.dispose();
        const difference = Math.max(...output.map((value, i) => Math.abs(value - values[i]!)));
        if (values.length !== output.length || !(difference < 1e-5))
          faults.push(`${name}: differs by ${difference}`);
      } catch (error) {
        faults.push(`${name}: ${String(error)}`);
      }
    }
    expect(faults.join('\n')).toBe('');
  });
});
