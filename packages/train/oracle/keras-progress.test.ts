import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import {
  isOracleAbsent,
  ORACLE_ENVIRONMENT,
  ORACLE_NOTE,
  ORACLE_PYTHON,
} from '../../../test-support/oracle-python';
import { createKerasProgress } from '../src/node/keras-progress';

/** Keras' own bar over steps that take some seconds each; prints what it writes with each `verbose`, as JSON. */
const RUN_KERAS = `
import contextlib, io, json, sys
from keras.src.utils import progbar

cases = json.loads(sys.argv[1])
result = []
for case in cases:
    written = []
    for verbose in (1, 2):
        clock = [1000.0]
        progbar.time.time = lambda: clock[0]
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            bar = progbar.Progbar(len(case["seconds"]), verbose=verbose, stateless_metrics=set())
            for step, seconds in enumerate(case["seconds"]):
                clock[0] += seconds
                if verbose == 1:
                    bar.update(step + 1, list(case["metrics"].items()), finalize=False)
            bar.update(len(case["seconds"]), list({**case["metrics"], **case["last"]}.items()), finalize=True)
        written.append(out.getvalue().replace("\\b", ""))
    result.append(written)
print("RESULT" + json.dumps(result))
`;

const CASES = [
  { seconds: [2, 0.5, 0.5, 0.3], metrics: { accuracy: 0.5, loss: 2.30259 }, last: { learning_rate: 1e-4 } },
  {
    seconds: Array.from({ length: 12 }, () => 0.013),
    metrics: { accuracy: 0, loss: 1.5 },
    last: { val_accuracy: 0.25, val_loss: 0.00025 },
  },
  { seconds: [4000, 3000, 70], metrics: { accuracy: 1, loss: 1e-7 }, last: {} },
  { seconds: Array.from({ length: 150 }, () => 0.0004), metrics: { accuracy: 0.123456, loss: 12 }, last: {} },
];

/** Keras' names as ours. */
const ours = (metrics: Record<string, number>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(metrics).map(([name, value]) => [
      name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );

function written({ seconds, metrics, last }: (typeof CASES)[number]): [string, string] {
  let time = 1_000_000;
  const clock = { now: () => time, firstBatch: 0, batches: seconds.length };
  const progress = createKerasProgress(clock);
  let text = '';
  for (const [step, duration] of seconds.entries()) {
    time += 1000 * duration;
    text += progress.update(step + 1, ours(metrics)) ?? '';
  }
  const end = ours({ ...metrics, ...last });
  text += progress.finalLine(end);
  time = 1_000_000;
  const plain = createKerasProgress(clock);
  time += 1000 * seconds.reduce((sum, duration) => sum + duration);
  return [text, plain.plainLine(end)];
}

describe.skipIf(isOracleAbsent)(`Keras' progress bar${ORACLE_NOTE}`, () => {
  it('is ours, character by character', async () => {
    const { stdout } = await promisify(execFile)(ORACLE_PYTHON, ['-c', RUN_KERAS, JSON.stringify(CASES)], {
      env: ORACLE_ENVIRONMENT,
    });
    const theirs = JSON.parse(stdout.slice(stdout.indexOf('RESULT') + 'RESULT'.length)) as unknown;
    expect(CASES.map(written)).toEqual(theirs);
  });
});
