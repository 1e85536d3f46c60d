/**
 * An update of ResNet-18's weights by each rule, on the wasm engine: by the kernel that runs any rule, by the rule's own kernel where it has one,
 * and by stock operations, in turn.
 *
 * `node benchmarks/run.mjs optimizer-step [network] [rounds] [threads] [rule]`; default resnet18 9 2 and all rules but Muon, which takes seconds. Prints medians of the time by the clock, milliseconds.
 */
import * as tf from '@tensorflow/tfjs-core';
import { FUSED_KERNELS, type FusedKernelName } from '@zoo/core';
import { selectEngine } from '@zoo/engine';
import { createResnet } from '@zoo/resnet';
import {
  adagrad,
  adam,
  adamW,
  kerasSgd,
  lamb,
  lars,
  lion,
  lookahead,
  muon,
  nadam,
  rmsProp,
  scheduleFreeAdamW,
  sgd,
  type Optimizer,
} from '@zoo/train';

import { median } from './shared/median';

const [network = 'resnet18', rounds = '9', threads = '2', only = ''] = process.argv.slice(2);
const weightDecay = 0.01;
/** What is timed in a round: an even share of updates in which lookahead looks back. */
const UPDATES = 6;

const RULES: readonly (readonly [name: string, optimizer: Optimizer])[] = [
  ['SGD, momentum', sgd({ momentum: 0.9, weightDecay })],
  ['SGD, Nesterov', sgd({ momentum: 0.9, nesterov: true, weightDecay })],
  ['SGD, plain', sgd({ weightDecay })],
  ['Keras SGD, Nesterov', kerasSgd({ momentum: 0.9, nesterov: true, weightDecay })],
  ['Adam', adam()],
  ['AdamW', adamW({ weightDecay })],
  ['RMSprop', rmsProp({ weightDecay })],
  ['RMSprop, centered, momentum', rmsProp({ momentum: 0.9, centered: true, weightDecay })],
  ['Nadam', nadam({ weightDecay })],
  ['Adagrad', adagrad({ weightDecay })],
  ['Lion', lion({ weightDecay })],
  ['Muon', muon({ weightDecay })],
  ['LARS', lars({ weightDecay })],
  ['LAMB', lamb({ weightDecay })],
  ['schedule-free AdamW', scheduleFreeAdamW({ weightDecay })],
  ['Lookahead of SGD', lookahead(sgd({ momentum: 0.9, weightDecay }))],
];

const OWN: readonly FusedKernelName[] = [FUSED_KERNELS.sgdUpdate, FUSED_KERNELS.adamWUpdate];
/** The kernels that each way does without. */
const WAYS: Readonly<Record<string, readonly FusedKernelName[]>> = {
  'any rule’s kernel': OWN,
  'own kernel': [FUSED_KERNELS.ruleUpdate],
  'stock operations': [FUSED_KERNELS.ruleUpdate, ...OWN],
};

const engine = await selectEngine({ prefer: 'wasm', threads: Number(threads) });
const model = createResnet(network, { weights: null, seed: 1, classes: 1000 });
const parameters = model.trainableWeights.map((weight) => ({
  name: weight.originalName,
  variable: tf.variable(weight.read()),
}));
const gradients = parameters.map(({ variable }, index) =>
  tf.randomNormal(variable.shape, 0, 0.01, 'float32', index),
);

/** Milliseconds an update. */
function timeUpdates(optimizer: Optimizer, without: readonly FusedKernelName[]): number {
  const kernels = without
    .map((name) => tf.getKernel(name, 'wasm') as tf.KernelConfig | undefined)
    .filter((kernel) => kernel !== undefined);
  for (const { kernelName } of kernels) tf.unregisterKernel(kernelName, 'wasm');
  const state = optimizer.init(parameters);
  const update = (step: number): void =>
    state.update(gradients, { learningRate: 1e-3, step, gradientScale: 0.5 });
  update(1);
  const start = performance.now();
  for (let step = 2; step < 2 + UPDATES; step++) update(step);
  const milliseconds = (performance.now() - start) / UPDATES;
  state.dispose();
  kernels.forEach(tf.registerKernel);
  return milliseconds;
}

const values = gradients.reduce((sum, { size }) => sum + size, 0);
console.log(`${network}, ${gradients.length} weights, ${values} values, ${engine.threads ?? '?'} threads`);
for (const [name, optimizer] of RULES.filter(([rule]) =>
  only === '' ? rule !== 'Muon' : rule.includes(only),
)) {
  const times = Object.values(WAYS).map((): number[] => []);
  for (let round = 0; round < Number(rounds); round++) {
    Object.values(WAYS).forEach((without, way) => times[way]!.push(timeUpdates(optimizer, without)));
  }
  const shown = Object.keys(WAYS).map((way, index) => `${way} ${median(times[index]!).toFixed(1)}`);
  console.log(`${name.padEnd(28)} ${shown.join(', ')}`);
}
tf.dispose([...gradients, ...parameters.map(({ variable }) => variable)]);
model.dispose();
await engine.dispose();
