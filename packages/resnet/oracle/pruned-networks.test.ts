import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs-core';
import { pruneChannels } from '@zoo/weights';
import { saveModelFile } from '@zoo/weights/node';
import { beforeAll, describe, expect, it } from 'vitest';

import { isOracleAbsent, ORACLE_NOTE, runOracle } from '../../../test-support/oracle-python';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { createResnet } from '../src';
import { fillByFormula, formulaPicture } from '../test/formula';

// Blocks of three convolutions, squeezes, and small pictures.
const NETWORKS = ['resnet50', 'seresnet18', 'resnet20'];
const SIZE = 32;
const SCRIPT = fileURLToPath(new URL('pruned_networks.py', import.meta.url));

const place = temporaryDirectory();

beforeAll(() => tf.setBackend('cpu'));

describe.skipIf(isOracleAbsent)(`pruned networks in Keras and onnxruntime${ORACLE_NOTE}`, () => {
  it('answer as we do, from .keras, .h5 and .onnx', async () => {
    const picture = formulaPicture(SIZE, SIZE);
    const asked = { picture: [...(await picture.data())], shape: picture.shape };
    const files: Record<string, typeof asked> = {};
    const ours: Record<string, { whole: number[]; pruned: number[] }> = {};
    for (const name of NETWORKS) {
      const model = createResnet(name, { classes: 10, inputShape: [SIZE, SIZE, 3] });
      fillByFormula(model);
      const pruned = await pruneChannels(model, { share: 0.5 });
      expect(pruned.countParams(), name).toBeLessThan(0.8 * model.countParams());
      const [whole, answer] = [model, pruned].map((each) =>
        tf.tidy(() => [...(each.predict(picture) as tf.Tensor).dataSync()]),
      );
      ours[name] = { whole: whole!, pruned: answer! };
      for (const ending of ['keras', 'h5', 'onnx']) {
        await saveModelFile(pruned, place(`${name}.${ending}`));
        files[`${name}.${ending}`] = asked;
      }
      model.dispose();
      pruned.dispose();
    }
    picture.dispose();
    const answers = await runOracle<Record<string, number[]>>(
      SCRIPT,
      { folder: place(), files },
      place('job.json'),
    );
    expect(Object.keys(answers)).toHaveLength(3 * NETWORKS.length);
    for (const [file, theirs] of Object.entries(answers)) {
      const { whole, pruned } = ours[file.split('.')[0]!]!;
      expect(largestDifference(theirs, pruned), file).toBeLessThan(1e-4);
      // The channels that are gone mattered: the file holds the pruned network.
      expect(largestDifference(theirs, whole), file).toBeGreaterThan(1e-3);
    }
  });
});

/** Of the largest value. */
function largestDifference(values: readonly number[], expected: readonly number[]): number {
  expect(values).toHaveLength(expected.length);
  const differences = expected.map((value, index) => Math.abs(value - values[index]!));
  return Math.max(...differences) / Math.max(...expected.map(Math.abs));
}
