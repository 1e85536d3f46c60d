/**
 * Training steps on wasm beside what the machine can do at that moment: matrix products of the same process, and Keras' step.
 *
 * `node benchmarks/run.mjs training-step [rounds] [threads]`; default 5 2. Every round measures each in turn, so that other load
 * on the machine meets all alike: read the ratios. The rate counts the convolutions' own multiplications and additions, although
 * Winograd's method needs fewer. Keras (TensorFlow with oneDNN off) takes part where $ZOO_ORACLE_PYTHON, or the default
 * environment's Python, is there.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs';
import { FUSED_KERNELS, softmaxCrossEntropy } from '@zoo/core';
import { foldBatchNorm, startWasm } from '@zoo/engine';
import { createResnet } from '@zoo/resnet';

const [rounds = 5, threads = 2] = process.argv.slice(2).map(Number);
const CLASSES = 10;
const MATRIX_SIZE = 1024;
const PYTHON = process.env.ZOO_ORACLE_PYTHON ?? join(homedir(), '.cache/zoo/oracle/bin/python');

/** Milliseconds of one run. */
type Timed = () => number | Promise<number>;

function time(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)]!;
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
function stepOperations(model: tf.LayersModel, batch: number): number {
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

function trainingStep(model: tf.LayersModel, size: number, batch: number): () => void {
  const variables = model.trainableWeights.map((weight) => (weight as unknown as { val: tf.Variable }).val);
  tf.tidy(() => {
    for (const variable of variables) variable.assign(tf.mul(variable, 1));
  });
  const velocities = variables.map((variable) => tf.tidy(() => tf.variable(tf.zerosLike(variable), false)));
  const x = tf.randomNormal([batch, size, size, 3], 0, 1, 'float32', 1);
  const labels = tf.tidy(() =>
    tf.oneHot(tf.range(0, batch, 1, 'int32').mod(CLASSES).toInt(), CLASSES).toFloat(),
  );
  const attributes = { learningRate: 0.01, momentum: 0.9, nesterov: false, gradientScale: 1 };
  const weightDecays = variables.map(() => 0);
  return () => {
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(
        () =>
          tf.mean(
            softmaxCrossEntropy(model.apply(x, { training: true }) as tf.Tensor2D, labels as tf.Tensor2D),
          ),
        variables,
      );
      const inputs = [...variables, ...variables.map(({ name }) => grads[name]!), ...velocities];
      tf.engine().runKernel(FUSED_KERNELS.sgdUpdate, inputs as never, { ...attributes, weightDecays });
      value.dataSync();
    });
  };
}

/** Keras' step, one for each line written to its process. */
class KerasStep {
  private readonly process: ChildProcess;
  private readonly lines: AsyncIterator<string>;

  constructor(...args: string[]) {
    const script = fileURLToPath(new URL('../peers/keras_step.py', import.meta.url));
    const env = { ...process.env, TF_ENABLE_ONEDNN_OPTS: '0' };
    this.process = spawn(PYTHON, [script, ...args], { stdio: ['pipe', 'pipe', 'ignore'], env });
    this.lines = createInterface({ input: this.process.stdout! })[Symbol.asyncIterator]();
  }

  async ready(): Promise<void> {
    await this.lines.next();
  }

  async run(): Promise<number> {
    this.process.stdin!.write('\n');
    return Number((await this.lines.next()).value);
  }

  end(): void {
    this.process.stdin!.end();
  }
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
  const step = trainingStep(model, size, batch);
  const keras =
    network === 'resnet50' && existsSync(PYTHON)
      ? new KerasStep('train', 'ResNet50', `${size}`, `${batch}`)
      : undefined;
  await keras?.ready();
  const times = await inTurn<string>({
    step: () => time(step),
    product: stockProduct,
    ...(keras && { keras: () => keras.run() }),
  });
  keras?.end();
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

async function measureInference(): Promise<void> {
  const model = createResnet('resnet50', { weights: null, seed: 1 });
  const folded = foldBatchNorm(model);
  const x = tf.randomNormal([1, 224, 224, 3]);
  const predict = (net: tf.LayersModel) => () =>
    time(() => {
      tf.tidy(() => (net.predict(x) as tf.Tensor).dataSync());
    });
  const times = await inTurn({ plain: predict(model), folded: predict(folded) });
  console.log('resnet50, 224 px, inference of one image');
  show('with batch norm', median(times.plain));
  show('batch norm folded', median(times.folded));
  model.dispose();
  folded.dispose();
  x.dispose();
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
await measureInference();
await engine.dispose();
