/**
 * How long the family's largest nets take to build, on the cpu engine: with drawn weights and with zeros for a file to fill.
 *
 * Bar: ResNet-152 in under a second.
 */
import { performance } from 'node:perf_hooks';

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { createResnet, type ResNetOptions } from '@zoo/resnet';

const RUNS = 5;

function medianMs(name: string, options: ResNetOptions): number {
  const durations = Array.from({ length: RUNS }, () => {
    const start = performance.now();
    const model = createResnet(name, options);
    const durationMs = performance.now() - start;
    model.dispose();
    return durationMs;
  });
  return durations.sort((a, b) => a - b)[Math.floor(RUNS / 2)]!;
}

await tf.setBackend('cpu');
for (const name of ['resnet18', 'resnet50', 'resnet152', 'resnet110']) {
  const drawn = medianMs(name, { seed: 1 });
  const zeros = medianMs(name, { kernelInitializer: 'zeros' });
  console.log(
    `${name}: ${drawn.toFixed(0)} ms with drawn weights, ${zeros.toFixed(0)} ms with zeros (median of ${RUNS})`,
  );
}
