/**
 * Times every tile for every convolution and matrix product of a ResNet's training step on WebGPU, and prints a table and JSON.
 *
 * `node benchmarks/run.mjs webgpu-products [network] [size] [batch] [file]`; default resnet50 224 32, the JSON to standard output.
 */
import { writeFile } from 'node:fs/promises';

import * as tf from '@tensorflow/tfjs';
import { selectEngine, tuneWebgpuProducts } from '@zoo/engine';
import { createResnet } from '@zoo/resnet';

import { labelsInTurn, randomImages, zooTrainingStep } from './shared/zoo-training-step';

const [network = 'resnet50', size = '224', batch = '32', file] = process.argv.slice(2);
const CLASSES = 1000;

const engine = await selectEngine({ prefer: 'webgpu' });
console.log(engine.reason);
const model = createResnet(network, {
  ...{ weights: null, inputShape: [Number(size), Number(size), 3], classes: CLASSES },
  ...{ classifierActivation: null, seed: 1 },
});
const images = randomImages(Number(batch), Number(size));
const labels = labelsInTurn(Number(batch), CLASSES);
const step = zooTrainingStep(model, images, labels);
const products = await tuneWebgpuProducts(step, {
  onProgress: (done, total) => {
    if (done % 10 === 0) console.log(`${done} of ${total} products`);
  },
});

let totalMs = 0;
for (const { kind, variant, size: sizes, count, plans } of products) {
  const [best, second] = plans;
  if (best === undefined) continue;
  totalMs += best.durationMs * count;
  const name = `${kind} ${variant} ${sizes.rows}x${sizes.columns}x${sizes.depth}`;
  const tileOf = ({
    tile: { rows, columns, depth, threadRows, threadColumns, panels },
    splits,
  }: typeof best) => `${rows}x${columns}x${depth} ${threadRows}x${threadColumns} ${panels} /${splits}`;
  const rate = (plan: typeof best) => `${tileOf(plan)} ${plan.gflops.toFixed(0)} GFLOP/s`;
  console.log(
    `${name.padEnd(52)} x${count}  ${best.durationMs.toFixed(3)} ms  ${rate(best)}${second ? `; ${rate(second)}` : ''}`,
  );
  const wrong = plans.filter(({ difference }) => !(difference <= 1e-3));
  if (wrong.length > 0) console.log(`  DIFFERENT RESULTS: ${wrong.map(tileOf).join('; ')}`);
}
console.log(`all products of a step: ${totalMs.toFixed(1)} ms`);
const json = JSON.stringify({ network, size, batch, card: engine.reason, products }, null, 1);
if (file === undefined) console.log(json);
else await writeFile(file, json);
tf.dispose([images, labels]);
await engine.dispose();
