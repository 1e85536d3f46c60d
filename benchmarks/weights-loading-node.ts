/**
 * One network's weights loaded a few times in a process of its own, as one line of JSON; or the file to load, written.
 * Run by weights-loading.ts: `weights-loading-node load|save resnet50 file [loads]`.
 */
import { readFile } from 'node:fs/promises';

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { createResnet } from '@zoo/resnet';
import { loadKerasWeights, saveKerasH5 } from '@zoo/weights/node';

const [task = 'load', network = 'resnet50', path = '', loads = '1'] = process.argv.slice(2);
await tf.setBackend('cpu');
const model = createResnet(network);
if (task === 'save') {
  await saveKerasH5(model, path);
} else {
  const before = process.memoryUsage.rss();
  const timesMs: number[] = [];
  let peak = before;
  for (let i = 0; i < Number(loads); i++) {
    const start = performance.now();
    await loadKerasWeights(model, path);
    timesMs.push(performance.now() - start);
    if (i === 0) peak = await peakMemoryBytes();
  }
  process.stdout.write(
    `${JSON.stringify({ timesMs, growth: (peak - before) / (4 * model.countParams()) })}\n`,
  );
}

/** Of this program alone: `maxRSS` would count the program that started it. Linux only. */
async function peakMemoryBytes(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8');
  return 1024 * Number(/VmHWM:\s*(\d+) kB/.exec(status)![1]);
}
