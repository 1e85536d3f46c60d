/**
 * A network on the tensorflow engine beside Keras on the same TensorFlow and beside the wasm engine, in one run, step by step in turn.
 *
 * `node benchmarks/run.mjs tensorflow [train|predict] [size] [batch] [rounds] [network]`, with $ZOO_TFJS_NODE (or a build of
 * `zoo native`) and $ZOO_ORACLE_PYTHON (or ~/.cache/zoo/oracle/bin/python). Ratios are to the first line: Keras' step for resnet50,
 * the default, stock tfjs-node's for networks that Keras lacks. A busy machine slows all alike: read the ratios, not the milliseconds.
 */
import { fileURLToPath } from 'node:url';

import { ORACLE_PYTHON } from '../test-support/oracle-python';

import { KERAS_STEP, startStepProcess, timeInTurn } from './shared/step-process';

const [mode = 'train', size = '128', batch = '16', rounds = '7', network = 'resnet50'] =
  process.argv.slice(2);
const stepFile = fileURLToPath(new URL('tensorflow-step.mjs', import.meta.url));
const contenders = [
  ['tfjs-node, stock', 'stock'],
  ['tensorflow engine', 'zoo'],
  ...(mode === 'train' ? [] : [['tensorflow engine, folded', 'folded']]),
  ['wasm, zoo', 'wasm'],
] as const;
const peers = await Promise.all([
  ...(network === 'resnet50'
    ? [startStepProcess('Keras', ORACLE_PYTHON, [KERAS_STEP, mode, 'ResNet50', size, batch])]
    : []),
  ...contenders.map(([name, kind]) =>
    startStepProcess(name, process.execPath, [stepFile, kind, mode, size, batch, network]),
  ),
]);
console.log(`${network}, ${mode}, ${size} px, batch ${batch}, ${rounds} rounds in turn`);
const results = await timeInTurn(peers, Number(rounds));
const first = results[0]!;
for (const { name, medianMs, ratio, peakMegabytes } of results) {
  const memoryRatio = peakMegabytes / first.peakMegabytes;
  console.log(
    `${name.padEnd(18)} ${medianMs.toFixed(0).padStart(6)} ms  ${ratio.toFixed(2)} x ${first.name}   ` +
      `peak ${peakMegabytes.toFixed(0).padStart(5)} MB  ${memoryRatio.toFixed(2)} x ${first.name}`,
  );
}
