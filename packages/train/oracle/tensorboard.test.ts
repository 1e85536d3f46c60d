import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import {
  isOracleAbsent,
  ORACLE_ENVIRONMENT,
  ORACLE_NOTE,
  ORACLE_PYTHON,
} from '../../../test-support/oracle-python';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import type { TrainingRun } from '../src';
import { tensorBoard } from '../src/node';

const run = async (...argumentList: string[]): Promise<string> =>
  (await promisify(execFile)(ORACLE_PYTHON, argumentList, { env: ORACLE_ENVIRONMENT })).stdout;

/** TensorFlow's own reader, which checks the records' checksums. */
const READ_EVENTS = `
import glob, json, sys
from tensorflow.python.summary.summary_iterator import summary_iterator
result = {}
for part in ("train", "validation"):
    for path in glob.glob(sys.argv[1] + "/" + part + "/*"):
        for event in summary_iterator(path):
            for value in event.summary.value:
                result.setdefault(part + "/" + value.tag, []).append([event.step, value.simple_value])
print(json.dumps(result))
`;

const place = temporaryDirectory();

describe.skipIf(isOracleAbsent)(`TensorBoard's files${ORACLE_NOTE}`, () => {
  it('TensorFlow reads the scalars that were written for TensorBoard', async () => {
    const directory = place();
    const callback = tensorBoard({ directory });
    const trainingRun = { metricNames: ['loss', 'valLoss'] } as unknown as TrainingRun;
    await callback.onTrainBegin!(trainingRun);
    for (const epoch of [0, 1]) {
      const metrics = { loss: 1 / (epoch + 1), learningRate: 0.25, valLoss: 2 };
      await callback.onEpochEnd!(trainingRun, { epoch, step: epoch, metrics, durationMs: 1 });
    }
    const read = JSON.parse(await run('-c', READ_EVENTS, directory)) as unknown;
    expect(read).toEqual({
      'train/epoch_loss': [
        [0, 1],
        [1, 0.5],
      ],
      'train/epoch_learning_rate': [
        [0, 0.25],
        [1, 0.25],
      ],
      'validation/epoch_loss': [
        [0, 2],
        [1, 2],
      ],
    });
  });
});
