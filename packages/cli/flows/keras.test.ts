import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { isOracleAbsent, ORACLE_NOTE, runOracle } from '../../../test-support/oracle-python';
import { temporaryDirectory } from '../../../test-support/temporary-directory';

import { expectEqualAnswers, predicted, writePictures, zoo } from './support';

/** Keras trains from a folder with ImageDataGenerator; `zoo evaluate` and `zoo predict` say of another folder what Keras says. */

const COLORS = { cat: [190, 110, 90], dog: [90, 110, 190], fox: [110, 170, 110] } as const;

interface KerasAnswers {
  readonly loss: number;
  readonly accuracy: number;
  readonly classes: readonly string[];
  readonly pictures: Readonly<Record<string, readonly number[]>>;
}

const place = temporaryDirectory('suite');

describe.skipIf(isOracleAbsent)(`a network that Keras trained from a folder${ORACLE_NOTE}`, () => {
  // Keras' folder reader takes the nearest pixels.
  const reading = ['--normalization', 'scale', '--resize', 'nearest'];
  let expected: KerasAnswers;

  beforeAll(async () => {
    await writePictures(place('train'), COLORS, 8);
    await writePictures(place('test'), COLORS, 5);
    expected = await runOracle<KerasAnswers>(
      join(import.meta.dirname, 'keras_training.py'),
      { train: place('train'), test: place('test'), file: place('model.h5') },
      place('job.json'),
    );
    await writeFile(place('labels.json'), JSON.stringify(expected.classes));
    reading.push('--class-index', place('labels.json'));
  });

  it('has the loss and the accuracy in zoo evaluate that Keras gives it', async () => {
    const { output } = await zoo(
      'evaluate',
      place('model.h5'),
      place('test'),
      ...reading,
      '--json',
      '--engine',
      'wasm',
    );
    const figures = JSON.parse(output) as { loss: number; accuracy: number; pictures: number };
    expect(figures.pictures).toBe(15);
    expect(figures.accuracy).toBeCloseTo(expected.accuracy, 6);
    expect(Math.abs(figures.loss / expected.loss - 1)).toBeLessThan(1e-4);
  });

  it('answers in zoo predict picture by picture as in Keras', async () => {
    expect(Object.keys(expected.pictures)).toHaveLength(15);
    for (const [picture, probabilities] of Object.entries(expected.pictures)) {
      const answer = Object.fromEntries(expected.classes.map((name, label) => [name, probabilities[label]!]));
      expectEqualAnswers(
        await predicted(place('model.h5'), place('test', picture), ...reading),
        answer,
        1e-5,
      );
    }
  });
});
