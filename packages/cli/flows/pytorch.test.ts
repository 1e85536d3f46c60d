import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, it } from 'vitest';

import { isOracleAbsent, ORACLE_NOTE, runOracle } from '../../../test-support/oracle-python';
import { realData } from '../../../test-support/real-data';
import { temporaryDirectory } from '../../../test-support/temporary-directory';

import { expectEqualAnswers, predicted, zoo } from './support';

/** PyTorch trains torchvision's ResNet-18 with its transforms; `zoo import` and `zoo predict` answer as PyTorch does. */

const photographs = realData('idenprof/test');
const CLASSES = ['chef', 'doctor', 'judge'];

const place = temporaryDirectory('suite');

const isAbsent = isOracleAbsent || photographs.isAbsent;

describe.skipIf(isAbsent)(`a network that PyTorch trained${ORACLE_NOTE}${photographs.note}`, () => {
  it('answers in zoo predict as in PyTorch, on photographs', async () => {
    const pictures = CLASSES.flatMap((name) =>
      [1, 2].map((n) => join(photographs.path, name, `${name}-${n}.jpg`)),
    );
    const weights = place('checkpoint.pth');
    const expected = await runOracle<number[][]>(
      join(import.meta.dirname, 'pytorch_training.py'),
      { pictures, weights },
      place('job.json'),
    );
    await writeFile(place('labels.txt'), `${CLASSES.join('\n')}\n`);
    const reading = ['--normalization', 'torch', '--aspect', 'resizeCrop', '--crop-fraction', '0.875'];
    await zoo(
      'import',
      weights,
      ...reading,
      '--class-index',
      place('labels.txt'),
      '--output',
      place('model'),
    );
    for (const [index, picture] of pictures.entries()) {
      const answer = Object.fromEntries(CLASSES.map((name, label) => [name, expected[index]![label]!]));
      expectEqualAnswers(await predicted(place('model'), picture), answer, 1e-4);
    }
  });
});
