/**
 * How long networks take for one picture on wasm, in turns: `node benchmarks/run.mjs predict [size] [networks ...]`; default 224
 * resnet50 resnext50_32x4d wide_resnet50_2, in torchvision's flavour.
 */
import { performance } from 'node:perf_hooks';

import * as tf from '@tensorflow/tfjs';
import { selectEngine } from '@zoo/engine';
import { createResnet } from '@zoo/resnet';

import { median } from './shared/median';

const ROUNDS = 11;

const [size = '224', ...given] = process.argv.slice(2);
const names = given.length > 0 ? given : ['resnet50', 'resnext50_32x4d', 'wide_resnet50_2'];
const pixels = Number(size);

async function timedMs(model: tf.LayersModel, picture: tf.Tensor): Promise<number> {
  const start = performance.now();
  const output = model.predict(picture) as tf.Tensor;
  await output.data();
  output.dispose();
  return performance.now() - start;
}

const engine = await selectEngine({ prefer: 'wasm', purpose: 'infer' });
const picture = tf.randomUniform([1, pixels, pixels, 3], 0, 1, 'float32', 1);
const runs = names.map((name) => ({
  name,
  model: createResnet(name, { variant: 'torchvision', inputShape: [pixels, pixels, 3], seed: 1 }),
  durationsMs: [] as number[],
}));
for (const { model } of runs) await timedMs(model, picture);
for (let round = 0; round < ROUNDS; round++) {
  for (const run of runs) run.durationsMs.push(await timedMs(run.model, picture));
}
for (const { name, durationsMs } of runs) {
  const best = Math.min(...durationsMs).toFixed(0);
  console.log(
    `${name}: ${median(durationsMs).toFixed(0)} ms, at best ${best} (median of ${ROUNDS}, ${size} px)`,
  );
}
for (const { model } of runs) model.dispose();
picture.dispose();
await engine.dispose();
