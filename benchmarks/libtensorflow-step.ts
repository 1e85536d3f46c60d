/**
 * One training step or prediction of a net for each line read, its milliseconds printed; when the input ends, the process'
 * peak memory in MB. Run by libtensorflow.ts: `libtensorflow-step stock|zoo|folded|wasm train|predict 128 16 resnet50`.
 */
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

import * as tf from '@tensorflow/tfjs';
import { FUSED_KERNELS, softmaxCrossEntropy } from '@zoo/core';
import { foldBatchNorm, selectEngine } from '@zoo/engine';
import { createResnet } from '@zoo/resnet';

const CLASSES = 10;

interface Workload {
  kind: string;
  mode: string;
  size: number;
  batch: number;
  network: string;
}

async function createRun({ kind, mode, size, batch, network }: Workload): Promise<() => void> {
  if (kind === 'stock') {
    // Its copy of TensorFlow.js finds every kernel registered already, and warns of each.
    console.warn = () => undefined;
    createRequire(import.meta.url)(process.env.ZOO_TFJS_NODE ?? '@tensorflow/tfjs-node');
  } else await selectEngine({ prefer: kind === 'wasm' ? 'wasm' : 'tfjs-node', threads: 2 });
  const model = await createModel({ kind, mode, size, network });
  const images: tf.Tensor4D = tf.randomUniform([batch, size, size, 3]);
  if (mode === 'predict') {
    return () => {
      tf.tidy(() => (model.predict(images) as tf.Tensor).dataSync());
    };
  }
  const indices = Array.from({ length: batch }, (_, index) => index % CLASSES);
  const labels = tf.tidy(() => tf.cast(tf.oneHot(indices, CLASSES), 'float32') as tf.Tensor2D);
  return kind === 'stock' ? stockStep(model, images, labels) : zooStep(model, images, labels);
}

async function createModel({ kind, mode, size, network }: Omit<Workload, 'batch'>): Promise<tf.LayersModel> {
  const classifierActivation = mode === 'train' && kind !== 'stock' ? null : ('softmax' as const);
  const model = createResnet(network, {
    weights: null,
    inputShape: [size, size, 3],
    classes: CLASSES,
    classifierActivation,
  });
  if (kind === 'folded') return foldBatchNorm(model);
  if (kind !== 'stock') return model;
  // The zoo's layers save under the stock names: read back, the model is made of TensorFlow.js' own.
  const text = model.toJSON() as string;
  model.dispose();
  return tf.models.modelFromJSON(JSON.parse(text) as Parameters<typeof tf.models.modelFromJSON>[0]);
}

function stockStep(model: tf.LayersModel, images: tf.Tensor, labels: tf.Tensor): () => void {
  const { variables } = trainable(model);
  const optimizer = tf.train.momentum(0.01, 0.9);
  return () => {
    tf.tidy(() => {
      const loss = optimizer.minimize(
        () => tf.losses.softmaxCrossEntropy(labels, model.apply(images, { training: true }) as tf.Tensor),
        true,
        variables,
      );
      loss!.dataSync();
    });
  };
}

function zooStep(model: tf.LayersModel, images: tf.Tensor, labels: tf.Tensor2D): () => void {
  const { variables } = trainable(model);
  const velocities = variables.map((variable) => tf.tidy(() => tf.variable(tf.zerosLike(variable), false)));
  const attributes = {
    learningRate: 0.01,
    momentum: 0.9,
    nesterov: false,
    weightDecays: variables.map(() => 0),
    gradientScale: 1,
  };
  return () => {
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(
        () => tf.mean(softmaxCrossEntropy(model.apply(images, { training: true }) as tf.Tensor2D, labels)),
        variables,
      );
      const gradients = variables.map(({ name }) => grads[name]!);
      const inputs = [...variables, ...gradients, ...velocities] as unknown as tf.NamedTensorMap;
      tf.engine().runKernel(FUSED_KERNELS.sgdUpdate, inputs, attributes);
      value.dataSync();
    });
  };
}

function trainable(model: tf.LayersModel): { variables: tf.Variable[] } {
  return { variables: model.trainableWeights.map(({ name }) => tf.engine().registeredVariables[name]!) };
}

const [kind = 'zoo', mode = 'train', size = '128', batch = '16', network = 'resnet50'] =
  process.argv.slice(2);
const run = await createRun({ kind, mode, size: Number(size), batch: Number(batch), network });
process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  if (line === '') continue;
  const start = performance.now();
  run();
  process.stdout.write(`${performance.now() - start}\n`);
}
process.stdout.write(`${process.resourceUsage().maxRSS / 1024}\n`);
process.exit(0);
