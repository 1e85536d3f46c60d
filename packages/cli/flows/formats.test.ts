import { join } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { openClassifier } from '@zoo/classify';
import { beforeAll, describe, expect, it } from 'vitest';

import { isOracleAbsent, ORACLE_NOTE, runOracle } from '../../../test-support/oracle-python';
import { temporaryDirectory } from '../../../test-support/temporary-directory';

import { expectEqualAnswers, predicted, writePictures, zoo } from './support';

/** `zoo train`, `zoo export` to each format, other programs' answers from those files, and `zoo import` back. */

const COLORS = { cat: [220, 60, 40], dog: [40, 80, 210], fox: [60, 190, 70] } as const;
const FORMATS = ['h5', 'keras', 'weights.h5', 'safetensors', 'onnx'] as const;

const place = temporaryDirectory('suite');
let picture: string;
let expected: Record<string, number>;

beforeAll(async () => {
  await writePictures(place('pictures'), COLORS, 10);
  picture = place('pictures', 'fox', '2.png');
  const network = ['--model', 'resnet20', '--image-size', '32', '--normalization', 'torch', '--epochs', '2'];
  await zoo('train', place('pictures'), ...network, '--output', place('run'), '--engine', 'wasm');
  expected = await predicted(place('run'), picture);
  for (const format of FORMATS) await zoo('export', place('run'), place(`model.${format}`));
});

describe('a trained run', () => {
  it.each(FORMATS.filter((format) => format !== 'onnx'))(
    'comes back from .%s with equal answers',
    async (format) => {
      await zoo('import', place(`model.${format}`), '--output', place(`back-${format}`));
      expectEqualAnswers(await predicted(place(`back-${format}`), picture), expected, 1e-6);
      // And as it is, without an import.
      expectEqualAnswers(await predicted(place(`model.${format}`), picture), expected, 1e-6);
    },
  );

  it('answers alike in stock TensorFlow.js', async () => {
    await tf.setBackend('cpu');
    const classifier = await openClassifier(place('run'));
    const input = await classifier.prepare(picture);
    // The topology and weights that `tf.loadLayersModel` reads, by TensorFlow.js' own code.
    const artifacts: tf.io.ModelArtifacts[] = [];
    await classifier.model.save(
      tf.io.withSaveHandler((saved) => {
        artifacts.push(saved);
        return Promise.resolve({ modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(saved) });
      }),
    );
    const stock = await tfl.loadLayersModel(tf.io.fromMemory(artifacts[0]!));
    const outputs = stock.predict(input) as tf.Tensor;
    const values = await outputs.data();
    const answers = Object.fromEntries(classifier.classNames.map((name, label) => [name, values[label]!]));
    expectEqualAnswers(answers, expected, 1e-5);
    tf.dispose([input, outputs]);
    stock.dispose();
    classifier.dispose();
  });

  it.skipIf(isOracleAbsent)(
    `answers alike in Keras, onnxruntime and from safetensors, read as the files say${ORACLE_NOTE}`,
    async () => {
      const files = Object.fromEntries(FORMATS.map((format) => [format, place(`model.${format}`)]));
      const script = join(import.meta.dirname, 'formats.py');
      const answers = await runOracle<Record<string, Record<string, number>>>(
        script,
        { picture, ...files },
        place('job.json'),
      );
      expect(Object.keys(answers).sort()).toEqual(['h5', 'keras', 'onnx', 'safetensors']);
      for (const answer of Object.values(answers)) expectEqualAnswers(answer, expected, 1e-5);
    },
  );
});
