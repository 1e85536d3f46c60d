/**
 * Training steps on wasm beside what the machine can do at that moment: matrix products of the same process, and Keras' step.
 *
 * `node benchmarks/run.mjs training-step [rounds] [threads]`; default 5 2. Every round measures each in turn, so that other load
 * on the machine meets all alike: read the ratios. The rate counts the convolutions' own multiplications and additions, although
 * Winograd's method needs fewer. Keras (TensorFlow with oneDNN off) takes part where $ZOO_ORACLE_PYTHON, or the default
 * environment's Python, is there.
 */
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { startWasm } from '@zoo/engine';
import { createResnet } from '@zoo/resnet';

import { isOracleAbsent, ORACLE_PYTHON } from '../test-support/oracle-python';

import { median } from './shared/median';
import { KERAS_STEP, startStepProcess } from './shared/step-process';
import { labelsInTurn, randomImages, zooTrainingStep } from './shared/zoo-training-step';

const [rounds = 5, threads = 2] = process.argv.slice(2).map(Number);
const CLASSES = 10;
const MATRIX_SIZE = 1024;

/** Milliseconds of one run. */
type Timed = () => number | Promise<number>;

function time(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

/** Runs all in turn, `rounds` times after two to warm up. */
async function inTurn<Name extends string>(runs: Record<Name, Timed>): Promise<Record<Name, number[]>> {
  const names = Object.keys(runs) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>;
  for (let round = -2; round < rounds; round++) {
    for (const name of names) {
      const durationMs = await runs[name]();
      if (round >= 0) times[name].push(durationMs);
    }
  }
  return times;
}

/** Multiplications and additions of a step's convolutions and dense layers: forward, and two gradients, without the image's own. */
function stepOperations(model: tfl.LayersModel, batch: number): number {
  let forward = 0;
  let first: number | undefined;
  for (const layer of model.layers) {
    const kernel = layer.weights.find(({ shape }) => shape.length === 4 || shape.length === 2);
    if (kernel === undefined) continue;
    const [, height = 1, width = 1] = layer.outputShape as number[];
    const positions = kernel.shape.length === 4 ? height * width : 1;
    const operations = 2 * batch * positions * tf.util.sizeFromShape(kernel.shape as number[]);
    first ??= operations;
    forward += operations;
  }
  return 3 * forward - (first ?? 0);
}

const show = (name: string, durationMs: number, note = '') => {
  console.log(`  ${name.padEnd(34)} ${durationMs.toFixed(0).padStart(6)} ms  ${note}`);
};

async function measureTraining(
  network: string,
  size: number,
  batch: number,
  stockProduct: Timed,
): Promise<void> {
  const model = createResnet(network, {
    ...{ weights: null, inputShape: [size, size, 3], classes: CLASSES, classifierActivation: null, seed: 1 },
  });
  const step = zooTrainingStep(model, randomImages(batch, size), labelsInTurn(batch, CLASSES));
  const keras =
    network === 'resnet50' && !isOracleAbsent
      ? await startStepProcess('Keras', ORACLE_PYTHON, [
          KERAS_STEP,
          'train',
          'ResNet50',
          `${size}`,
          `${batch}`,
        ])
      : undefined;
  const times = await inTurn<string>({
    step: () => time(step),
    product: stockProduct,
    ...(keras && { keras: () => keras.step() }),
  });
  await keras?.end();
  const rate = stepOperations(model, batch) / median(times.step!) / 1e6;
  const productRate = (2 * MATRIX_SIZE ** 3) / median(times.product!) / 1e6;
  console.log(`${network}, ${size} px, batch ${batch}`);
  show('a training step', median(times.step!), `${rate.toFixed(1)} GFLOP/s`);
  show(
    `tfjs's own 1024 x 1024 product, 1 thread`,
    median(times.product!),
    `${productRate.toFixed(1)} GFLOP/s`,
  );
  console.log(`  the step's rate is ${(rate / productRate).toFixed(2)} times the product's`);
  if (times.keras !== undefined) {
    const ratio = median(times.step!.map((value, index) => value / times.keras![index]!));
    show("Keras' step", median(times.keras), `ours takes ${ratio.toFixed(2)} times as long`);
  }
  model.dispose();
}

// tfjs's own kernel, taken before ours replaces it.
await import('@tensorflow/tfjs-backend-wasm');
const stockKernel = tf.getKernel('BatchMatMul', 'wasm');
const engine = await startWasm({ threads });
stockKernel.setupFunc?.(tf.backend());
const matrices = [0, 1].map((seed) => tf.randomNormal([1, MATRIX_SIZE, MATRIX_SIZE], 0, 1, 'float32', seed));
const stockProduct = () =>
  time(() => {
    const product = stockKernel.kernelFunc({
      inputs: { a: matrices[0]!, b: matrices[1]! },
      backend: tf.backend(),
      attrs: { transposeA: false, transposeB: false },
    }) as tf.TensorInfo;
    (tf.backend() as unknown as { disposeData(dataId: object): void }).disposeData(product.dataId);
  });
console.log(`wasm on ${engine.threads} threads, medians of ${rounds} rounds`);
await measureTraining('resnet20', 32, 32, stockProduct);
await measureTraining('resnet18', 64, 16, stockProduct);
await measureTraining('resnet50', 64, 8, stockProduct);
await measureTraining('resnet50', 128, 16, stockProduct);
await engine.dispose();
