/**
 * One training step or prediction of a net for each line read. Run by tensorflow.ts:
 * `tensorflow-step stock|zoo|folded|wasm train|predict 128 16 resnet50`.
 */
import { createRequire } from 'node:module';

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { foldBatchNorm, selectEngine } from '@zoo/engine';
import { createResnet } from '@zoo/resnet';

import { serveSteps } from './shared/step-process';
import { labelsInTurn, randomImages, zooTrainingStep } from './shared/zoo-training-step';

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
  } else await selectEngine({ prefer: kind === 'wasm' ? 'wasm' : 'tensorflow', threads: 2 });
  const model = await createModel({ kind, mode, size, network });
  const images = randomImages(batch, size);
  if (mode === 'predict') {
    return () => {
      tf.tidy(() => (model.predict(images) as tf.Tensor).dataSync());
    };
  }
  const labels = labelsInTurn(batch, CLASSES);
  return kind === 'stock' ? stockStep(model, images, labels) : zooTrainingStep(model, images, labels);
}

async function createModel({ kind, mode, size, network }: Omit<Workload, 'batch'>): Promise<tfl.LayersModel> {
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
  return tfl.models.modelFromJSON(JSON.parse(text) as Parameters<typeof tfl.models.modelFromJSON>[0]);
}

function stockStep(model: tfl.LayersModel, images: tf.Tensor, labels: tf.Tensor): () => void {
  const variables = model.trainableWeights.map(({ name }) => tf.engine().registeredVariables[name]!);
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

const [kind = 'zoo', mode = 'train', size = '128', batch = '16', network = 'resnet50'] =
  process.argv.slice(2);
await serveSteps(await createRun({ kind, mode, size: Number(size), batch: Number(batch), network }));
