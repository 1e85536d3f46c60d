/**
 * ResNet-50 on wasm beside what it is measured against, in one run, step by step in turn, each in a process of its own.
 *
 * `node benchmarks/run.mjs wasm [predict|train] [size] [batch] [rounds] [threads]`; default predict 224 1 15 2. Predicting, TensorFlow.js'
 * own wasm backend on as many threads takes part; training, where Node.js has relaxed SIMD (22 or later), the same kernels without it.
 * A busy machine slows all alike: read the ratios, not the milliseconds.
 */
import { fileURLToPath } from 'node:url';

import { startStepProcess, timeInTurn } from './shared/step-process';

const [mode = 'predict', size = '224', batch = '1', rounds = '15', threads = '2'] = process.argv.slice(2);
const KINDS = { predict: ['stock', 'stock-folded', 'zoo', 'zoo-folded'], train: ['zoo-no-fma', 'zoo'] };
const stepFile = fileURLToPath(new URL('wasm-step.mjs', import.meta.url));
const processes = await Promise.all(
  KINDS[mode as keyof typeof KINDS].map((kind) =>
    startStepProcess(kind, process.execPath, [stepFile, kind, mode, size, batch, threads]),
  ),
);
console.log(
  `ResNet-50, ${mode}, ${size} px, batch ${batch}, ${threads} threads, Node.js ${process.versions.node}, ${rounds} rounds`,
);
const results = await timeInTurn(processes, Number(rounds));
for (const { name, medianMs, bestMs, ratio, peakMegabytes } of results) {
  console.log(
    `${name.padEnd(13)} median ${medianMs.toFixed(0).padStart(5)} ms  best ${bestMs.toFixed(0).padStart(5)} ms  ${ratio.toFixed(2)} x ${results[0]!.name}   peak ${peakMegabytes.toFixed(0)} MB`,
  );
}
