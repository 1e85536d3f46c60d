/**
 * Loading a network's weights from a legacy `.h5` into a model that is there, beside Keras' own `load_weights`, in turn.
 *
 * `node benchmarks/run.mjs weights-loading [network] [rounds]`; default resnet50 7. Keras runs in the Python of $ZOO_ORACLE_PYTHON
 * (default ~/.cache/zoo/oracle/bin/python) and is left out where there is none. Both read from the page cache; the model's engine is cpu.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as tf from '@tensorflow/tfjs';
import { createResnet } from '@zoo/resnet';
import { loadKerasWeights, saveKerasH5 } from '@zoo/weights/node';

import { isOracleAbsent, ORACLE_PYTHON } from '../vitest.oracle-python';

const [network = 'resnet50', rounds = '7'] = process.argv.slice(2);
const KERAS = `
import json, sys, time, keras
model = keras.models.load_model(sys.argv[1], compile=False)
times = []
for _ in range(int(sys.argv[2])):
    start = time.perf_counter()
    model.load_weights(sys.argv[1])
    times.append(1000 * (time.perf_counter() - start))
print(json.dumps(times))
`;

const folder = await mkdtemp(join(tmpdir(), 'zoo-bench-'));
try {
  await tf.setBackend('cpu');
  const model = createResnet(network);
  const path = join(folder, 'model.h5');
  const saveStart = performance.now();
  await saveKerasH5(model, path);
  const saved = performance.now() - saveStart;
  (globalThis as { gc?: () => void }).gc?.();
  const [timesMs, peaks] = [[], []] as [number[], number[]];
  for (let round = 0; round < Number(rounds); round++) {
    const before = process.memoryUsage.rss();
    const start = performance.now();
    await loadKerasWeights(model, path);
    timesMs.push(performance.now() - start);
    peaks.push(process.memoryUsage.rss() - before);
  }
  const fileBytes = 4 * model.countParams();
  print('zoo', timesMs);
  process.stdout.write(`zoo saves ${network} in ${saved.toFixed(0)} ms (flushed to the disk)\n`);
  process.stdout.write(
    `zoo's memory grows at most ${(Math.max(...peaks) / fileBytes).toFixed(2)} times the weights\n`,
  );
  if (!isOracleAbsent) {
    const environment = { ...process.env, TF_ENABLE_ONEDNN_OPTS: '0', TF_CPP_MIN_LOG_LEVEL: '3' };
    const output = execFileSync(ORACLE_PYTHON, ['-c', KERAS, path, rounds], {
      env: environment,
      encoding: 'utf8',
    });
    print('Keras', JSON.parse(output.trim().split('\n').at(-1)!) as number[]);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

function print(name: string, timesMs: readonly number[]): void {
  const sorted = [...timesMs].sort((left, right) => left - right);
  const [first, median] = [timesMs[0]!, sorted[Math.floor(sorted.length / 2)]!];
  const line = `${name} loads ${network}: first ${first.toFixed(0)} ms, median ${median.toFixed(0)} ms, best ${sorted[0]!.toFixed(0)} ms`;
  process.stdout.write(`${line}\n`);
}
