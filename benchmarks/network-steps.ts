/**
 * Training steps of several networks in one process, each in turn, beside the first one's: what a kind of layer costs.
 *
 * `node benchmarks/run.mjs network-steps [engine] [size] [batch] [rounds] [threads] [network ...]`; default
 * `wasm 64 8 9 2 resnet50 resnext50_32x4d`. Other load on the machine meets all alike: read the ratios, medians over the rounds.
 */
import { selectEngine, type EngineName } from '@zoo/engine';
import { createResnet } from '@zoo/resnet';

import { median } from './shared/median';
import { labelsInTurn, randomImages, zooTrainingStep } from './shared/zoo-training-step';

const CLASSES = 10;
const WARM_UPS = 2;

const [engineName = 'wasm', ...rest] = process.argv.slice(2);
const [size = 64, batch = 8, rounds = 9, threads = 2] = rest.slice(0, 4).map(Number);
const names = rest.length > 4 ? rest.slice(4) : ['resnet50', 'resnext50_32x4d'];

const engine = await selectEngine({ prefer: engineName as EngineName, threads });
const images = randomImages(batch, size);
const labels = labelsInTurn(batch, CLASSES);
const networks = names.map((name) => {
  const model = createResnet(name, {
    ...{ inputShape: [size, size, 3], classes: CLASSES, classifierActivation: null, seed: 1 },
  });
  return { name, step: zooTrainingStep(model, images, labels), times: [] as number[] };
});
for (let round = -WARM_UPS; round < rounds; round++) {
  for (const { step, times } of networks) {
    const start = performance.now();
    step();
    if (round >= 0) times.push(performance.now() - start);
  }
}
console.log(
  `${engine.name}, ${threads} threads, ${size} px, batch ${batch}, ${rounds} rounds: a training step`,
);
const first = networks[0]!.times;
for (const { name, times } of networks) {
  const ratio = median(times.map((value, index) => value / first[index]!));
  console.log(
    `  ${name.padEnd(24)} median ${median(times).toFixed(0).padStart(6)} ms  ${ratio.toFixed(2)} x ${names[0]!}`,
  );
}
await engine.dispose();
