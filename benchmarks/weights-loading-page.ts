/** One network's weights loaded a few times in a page. Bundled by weights-loading.ts. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { createResnet } from '@zoo/resnet';
import { loadKerasWeights } from '@zoo/weights';

/** Milliseconds of each load: from an address, or from the file that is chosen in the page. */
async function timeLoads(network: string, loads: number, address?: string): Promise<number[]> {
  await tf.setBackend('cpu');
  const model = createResnet(network);
  const timesMs: number[] = [];
  for (let i = 0; i < loads; i++) {
    const file = address ?? document.querySelector('input')!.files![0]!;
    const start = performance.now();
    await loadKerasWeights(model, file);
    timesMs.push(performance.now() - start);
  }
  return timesMs;
}

Object.assign(globalThis, { timeLoads });
