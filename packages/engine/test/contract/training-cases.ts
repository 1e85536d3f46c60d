import * as tf from '@tensorflow/tfjs-core';
import { batchNormTraining, createRandom, FUSED_KERNELS, softmaxCrossEntropy, type Random } from '@zoo/core';

import { expectClose, randomTensor, type ContractCase } from './contract-case';

/** A net as a function of its input and weights, with its weights' shapes. */
interface SmallNet {
  readonly shapes: readonly number[][];
  apply(x: tf.Tensor4D, weights: readonly tf.Tensor[]): tf.Tensor2D;
}

type Layer = (x: tf.Tensor4D, weights: readonly tf.Tensor[]) => tf.Tensor4D;

const CLASSES = 3;

/** Small random nets, trained for three steps here and on cpu: their losses agree. */
export function smallNetCases(count: number): ContractCase[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `small net ${index} trains as on cpu`,
    async check(backend: string) {
      const random = createRandom(7).fork('nets', index);
      const net = randomNet(random.fork('net'));
      const expected = await losses('cpu', net, random);
      expectClose(await losses(backend, net, random), expected, 1e-4, 'the losses');
    },
  }));
}

/** A thousand steps leave as many tensors and bytes as the first. */
export function flatMemoryCase(steps: number): ContractCase {
  return {
    name: `${steps} steps leave no tensor behind`,
    async check(backend) {
      await tf.setBackend(backend);
      const random = createRandom(3);
      const net = randomNet(random.fork('net'));
      const training = startTraining(net, random);
      await training.step();
      const before = tf.memory();
      for (let i = 0; i < steps; i++) await training.step();
      const after = tf.memory();
      training.dispose();
      if (after.numTensors !== before.numTensors || after.numBytes !== before.numBytes) {
        throw new Error(`${before.numTensors} tensors became ${after.numTensors}`);
      }
    },
  };
}

/** The optimizer kernels against their formulas, in double precision, over several steps. */
export function optimizerCases(): ContractCase[] {
  return [
    optimizerCase('sgd', FUSED_KERNELS.sgdUpdate, 1, { momentum: 0.9, nesterov: false }, sgdReference),
    optimizerCase(
      'sgd with nesterov',
      FUSED_KERNELS.sgdUpdate,
      1,
      { momentum: 0.9, nesterov: true },
      sgdReference,
    ),
    optimizerCase(
      'adamW',
      FUSED_KERNELS.adamWUpdate,
      2,
      { beta1: 0.9, beta2: 0.99, epsilon: 1e-7 },
      adamWReference,
    ),
  ];
}

async function losses(backend: string, net: SmallNet, random: Random): Promise<number[]> {
  await tf.setBackend(backend);
  const training = startTraining(net, random);
  const values = [await training.step(), await training.step(), await training.step()];
  training.dispose();
  return values;
}

function startTraining(net: SmallNet, random: Random): { step(): Promise<number>; dispose(): void } {
  const size = 3;
  const x = randomTensor<tf.Rank.R4>(random.fork('x'), [size, 6, 5, 3]);
  const labels = tf.tidy(
    () => tf.cast(tf.oneHot(tf.range(0, size, 1, 'int32'), CLASSES), 'float32') as tf.Tensor2D,
  );
  const weights = net.shapes.map((shape, index) =>
    tf.tidy(() => tf.variable(tf.mul(randomTensor(random.fork('weight', index), shape), 0.5))),
  );
  const optimizer = tf.train.sgd(0.05);
  return {
    async step() {
      const mean = () => tf.mean<tf.Scalar>(softmaxCrossEntropy(net.apply(x, weights), labels));
      const loss = tf.tidy(() => optimizer.minimize(mean, true, weights)!);
      const [value] = await loss.data();
      loss.dispose();
      return value!;
    },
    dispose: () => {
      tf.dispose([x, labels, ...weights]);
      optimizer.dispose();
    },
  };
}

function randomNet(random: Random): SmallNet {
  const shapes: number[][] = [];
  const layers: Layer[] = [];
  let channels = 3;
  for (let depth = random.integer(1, 3); depth > 0; depth--) {
    const outChannels = random.integer(1, 9);
    layers.push(convolution(shapes, random, channels, outChannels));
    channels = outChannels;
    if (random.uniform() < 0.6) layers.push(normalization(shapes, channels));
    const activation = random.integer(0, 2);
    if (activation === 1) layers.push((x) => tf.relu(x));
    if (activation === 2) layers.push(residual(shapes, channels));
  }
  const pooling = random.integer(0, 2);
  if (pooling === 1) layers.push((x) => tf.maxPool(x, 2, 1, 'same'));
  if (pooling === 2) layers.push((x) => tf.avgPool(x, 2, 1, 'valid'));
  const head = shapes.push([channels, CLASSES]) - 1;
  return {
    shapes,
    apply(x, weights) {
      const features = layers.reduce((values, layer) => layer(values, weights), x);
      return tf.matMul(tf.mean<tf.Tensor2D>(features, [1, 2]), weights[head] as tf.Tensor2D);
    },
  };
}

function convolution(shapes: number[][], random: Random, channels: number, outChannels: number): Layer {
  const size = random.integer(1, 3);
  const strides = random.integer(1, 2);
  const at = shapes.push([size, size, channels, outChannels]) - 1;
  return (x, weights) => tf.conv2d(x, weights[at] as tf.Tensor4D, strides, 'same');
}

function residual(shapes: number[][], channels: number): Layer {
  const at = shapes.push([3, 3, channels, channels]) - 1;
  return (x, weights) => tf.relu(tf.add<tf.Tensor4D>(x, tf.conv2d(x, weights[at] as tf.Tensor4D, 1, 'same')));
}

function normalization(shapes: number[][], channels: number): Layer {
  const at = shapes.push([channels], [channels]) - 2;
  return (x, weights) =>
    batchNormTraining(x, weights[at] as tf.Tensor1D, weights[at + 1] as tf.Tensor1D, {
      epsilon: 0.1,
    }) as tf.Tensor4D;
}

/** One value's update: new weight and state from weight, gradient (scaled) and state. */
type UpdateRule = (
  weight: number,
  gradient: number,
  state: readonly number[],
  attributes: { learningRate: number; weightDecay: number; step: number },
) => [weight: number, ...state: number[]];

const sgdReference =
  ({ momentum, nesterov }: { momentum: number; nesterov: boolean }): UpdateRule =>
  (weight, gradient, [velocity], { learningRate, weightDecay }) => {
    const decayed = gradient + weightDecay * weight;
    const next = momentum * velocity! + decayed;
    return [weight - learningRate * (nesterov ? decayed + momentum * next : next), next];
  };

const adamWReference =
  ({ beta1, beta2, epsilon }: { beta1: number; beta2: number; epsilon: number }): UpdateRule =>
  (weight, gradient, [first, second], { learningRate, weightDecay, step }) => {
    const m = beta1 * first! + (1 - beta1) * gradient;
    const v = beta2 * second! + (1 - beta2) * gradient ** 2;
    const change = m / (1 - beta1 ** step) / (Math.sqrt(v / (1 - beta2 ** step)) + epsilon);
    return [weight - learningRate * weightDecay * weight - learningRate * change, m, v];
  };

function optimizerCase<Settings extends Record<string, number | boolean>>(
  name: string,
  kernel: string,
  stateCount: number,
  settings: Settings,
  reference: (settings: Settings) => UpdateRule,
): ContractCase {
  return {
    name: `${name} updates all weights as its formula says`,
    async check(backend) {
      await tf.setBackend(backend);
      const shapes = [[5, 7], [3], [129, 131]];
      const random = createRandom(5);
      const variables = (kind: string, scale: number) =>
        shapes.map((shape, i) =>
          tf.tidy(() => tf.variable(tf.mul(randomTensor(random.fork(kind, i), shape), scale))),
        );
      const weights = variables('weight', 1);
      const states = Array.from({ length: stateCount }, (_, k) => variables(`state ${k}`, 0));
      const valuesOf = async (tensors: readonly tf.Tensor[]) =>
        Promise.all(tensors.map((tensor) => tensor.data<'float32'>()));
      const expected = (await valuesOf(weights)).map((values) =>
        Array.from(values, (value) => [value, 0, 0]),
      );
      const weightDecays = [0.01, 0, 0.1];
      for (let step = 1; step <= 3; step++) {
        const gradients = variables(`gradient ${step}`, 1);
        const values = await valuesOf(gradients);
        const inputs = [...weights, ...gradients, ...states.flat()];
        const attributes = { ...settings, learningRate: 0.1, gradientScale: 0.5, weightDecays, step };
        tf.tidy(() => {
          const outputs = tf.engine().runKernel<tf.Tensor[]>(kernel, inputs as never, attributes);
          outputs.forEach((output, i) => [...weights, ...states.flat()][i]!.assign(output));
        });
        tf.dispose(gradients);
        const rule = reference(settings);
        expected.forEach((rows, i) =>
          rows.forEach((row, j) => {
            const common = { learningRate: 0.1, weightDecay: weightDecays[i]!, step };
            const [weight, ...state] = row as [number, ...number[]];
            rows[j] = rule(weight, 0.5 * values[i]![j]!, state, common);
          }),
        );
      }
      (await valuesOf(weights)).forEach((values, i) => {
        expectClose(
          values,
          expected[i]!.map((row) => row[0]!),
          1e-5,
          `weight ${i}`,
        );
      });
      tf.dispose([...weights, ...states.flat()]);
    },
  };
}
