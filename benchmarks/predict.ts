/**
 * How long networks take for one picture on wasm, in turns, as they are built and with batch norms folded, by their layers and by
 * their plan: `node benchmarks/run.mjs predict [size] [networks ...]`; default 224 resnet50 resnext50_32x4d wide_resnet50_2, in
 * torchvision's variant.
 */
import { performance } from 'node:perf_hooks';

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { foldBatchNorm, selectEngine } from '@zoo/engine';
import { createResnet } from '@zoo/resnet';

import { median } from './shared/median';

const WARM_UP_ROUNDS = 3;
const ROUNDS = 21;
/** Up to this size the names are those of nets for CIFAR, which have one variant. */
const SMALL_PIXELS = 32;

const [size = '224', ...given] = process.argv.slice(2);
const names = given.length > 0 ? given : ['resnet50', 'resnext50_32x4d', 'wide_resnet50_2'];
const pixels = Number(size);

interface Contender {
  readonly name: string;
  readonly durationsMs: number[];
  predict(picture: tf.Tensor): unknown;
}

async function timedMs({ predict }: Contender, picture: tf.Tensor): Promise<number> {
  const start = performance.now();
  const output = predict(picture) as tf.Tensor;
  await output.data();
  output.dispose();
  return performance.now() - start;
}

function contendersOf(name: string): Contender[] {
  const model = createResnet(name, {
    ...(pixels > SMALL_PIXELS && { variant: 'torchvision' }),
    inputShape: [pixels, pixels, 3],
    seed: 1,
  });
  const folded = foldBatchNorm(model);
  return [
    { name, durationsMs: [], predict: (picture) => model.predict(picture) },
    {
      name: `${name}, folded, by its layers`,
      durationsMs: [],
      // TensorFlow.js' own road, which a folded model leaves.
      predict: (picture) => tfl.LayersModel.prototype.predict.call(folded, picture),
    },
    { name: `${name}, folded`, durationsMs: [], predict: (picture) => folded.predict(picture) },
  ];
}

const engine = await selectEngine({ prefer: 'wasm', purpose: 'infer' });
const picture = tf.randomUniform([1, pixels, pixels, 3], 0, 1, 'float32', 1);
const contenders = names.flatMap(contendersOf);
for (let round = 0; round < WARM_UP_ROUNDS; round++) {
  for (const contender of contenders) await timedMs(contender, picture);
}
for (let round = 0; round < ROUNDS; round++) {
  for (const contender of contenders) contender.durationsMs.push(await timedMs(contender, picture));
}
for (const { name, durationsMs } of contenders) {
  const best = Math.min(...durationsMs).toFixed(1);
  console.log(
    `${name}: ${median(durationsMs).toFixed(1)} ms, at best ${best} (median of ${ROUNDS}, ${size} px)`,
  );
}
picture.dispose();
await engine.dispose();
