import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { createRandom, type BatchSource } from '@zoo/core';
import { selectEngine, type EngineName } from '@zoo/engine';
import { cifarResnet, createResnet } from '@zoo/resnet';

import {
  earlyStopping,
  fit,
  layerDecay,
  lookahead,
  scheduleFreeAdamW,
  sgd,
  type Callback,
  type FitOptions,
  type Optimizer,
} from '../src';
import { openCommunicator } from '../src/distributed';
import { checkpoint, hasCheckpoint, loadCheckpoint } from '../src/node';

/** What the test asks of the ranks. */
export interface TrainingRequest {
  /** Of all ranks, or of each. Default wasm. */
  engine?: EngineName | EngineName[];
  /** Of pictures of 32 pixels a side, or a ResNet-8 of 8. Default `resnet20`. */
  network?: 'resnet20' | 'resnet8';
  /** Batch norms that normalise by their averages, which no rank's part of a batch moves. */
  frozenBatchNorms?: boolean;
  examples: number;
  batchSize: number;
  epochs: number;
  learningRate?: number;
  syncBatchNorm?: boolean;
  exchangeType?: 'float32' | 'bfloat16' | 'float16';
  accumulateSteps?: number;
  recomputeActivations?: boolean;
  validation?: boolean;
  /** Options of `fit` that are data. */
  more?: Partial<FitOptions>;
  /** Options of `fit` that are not, by their names. */
  with?: 'layerDecay' | 'lookahead' | 'scheduleFree' | 'sampleWeights' | 'distillation';
  /** Another seed of the first weights on each rank. */
  ownSeeds?: boolean;
  /** The folder of rank 0's checkpoints; a run that is in it goes on. */
  directory?: string;
  /** What happens on `rank` after `step`. */
  event?: {
    rank: number;
    step: number;
    what:
      'stop' | 'abort' | 'learningRate' | 'notFinite' | 'kill' | 'otherSettings' | 'changeWeight' | 'slow';
  };
}

/** What a rank says at the end. */
export interface TrainingAnswer {
  rank: number;
  losses: number[];
  metrics: Record<string, number>[];
  work: (readonly { rank: number; host: string; workMs: number }[] | undefined)[];
  steps: number;
  stopReason?: string;
  error?: string;
  /** All weights, one number for all of their bits. */
  weights: string;
  tensors: number;
}

/** Pixels of a picture's side. */
function sideOf({ network }: TrainingRequest): number {
  return network === 'resnet8' ? 8 : 32;
}

function source(request: TrainingRequest, seed: number): BatchSource {
  const { examples, batchSize } = request;
  const side = sideOf(request);
  const batchesPerEpoch = Math.ceil(examples / batchSize);
  return {
    classNames: ['a', 'b', 'c'],
    imageShape: [side, side, 3],
    exampleCount: examples,
    batchSize,
    batchesPerEpoch,
    batches: async function* ({ epoch, firstBatch = 0, signal }) {
      for (let batch = firstBatch; batch < batchesPerEpoch; batch++) {
        signal?.throwIfAborted();
        const size = Math.min(batchSize, examples - batch * batchSize);
        const random = createRandom(seed).fork(epoch, batch);
        const pixels = Float32Array.from({ length: size * side * side * 3 }, () => random.normal());
        const labels = new Float32Array(size * 3);
        for (let row = 0; row < size; row++) labels[3 * row + random.integer(0, 2)] = 1;
        yield await Promise.resolve({
          images: tf.tensor4d(pixels, [size, side, side, 3]),
          labels: tf.tensor2d(labels, [size, 3]),
          sources: Array.from({ length: size }, (_, row) => `${batch}/${row}`),
        });
      }
    },
  };
}

function hash(values: Float32Array[]): string {
  let state = 0;
  for (const array of values) {
    for (const word of new Uint32Array(array.slice().buffer)) state = (Math.imul(state, 31) + word) | 0;
  }
  return (state >>> 0).toString(16);
}

/** What a name of {@link TrainingRequest.with} stands for. */
function withOptions(
  request: TrainingRequest,
  model: tfl.LayersModel,
  optimizer: Optimizer,
): Partial<FitOptions> {
  switch (request.with) {
    case 'layerDecay':
      return { learningRateFactors: layerDecay(model, { factor: 0.7 }) };
    case 'lookahead':
      return { optimizer: lookahead(optimizer, { syncSteps: 2 }) };
    case 'scheduleFree':
      return { optimizer: scheduleFreeAdamW({ learningRate: 1e-4 }) };
    case 'sampleWeights': {
      const batches = Math.ceil(request.examples / request.batchSize);
      const names = Array.from({ length: batches * request.batchSize }, (_, index) => index).map(
        (index) => `${Math.floor(index / request.batchSize)}/${index % request.batchSize}`,
      );
      return { sampleWeights: new Map(names.map((name, index) => [name, 0.5 + (index % 3)])) };
    }
    case 'distillation':
      return { distillation: { teacher: createResnet('resnet20', { classes: 3, weights: null, seed: 9 }) } };
    case undefined:
      return {};
    default:
      throw new Error(`There is no ${String(request.with)}.`);
  }
}

async function main(request: TrainingRequest): Promise<void> {
  const communicator = await openCommunicator();
  const { rank } = communicator;
  const { engine: names = 'wasm', frozenBatchNorms = false } = request;
  const engine = await selectEngine({ prefer: [names].flat()[rank] ?? [names].flat()[0]!, threads: 1 });
  const seed = request.ownSeeds === true ? 1 + rank : 1;
  const model = cifarResnet(request.network === 'resnet8' ? 8 : 20, {
    classes: 3,
    inputShape: [sideOf(request), sideOf(request), 3],
    weights: null,
    seed,
  });
  for (const layer of model.layers) {
    if (frozenBatchNorms && layer.getClassName() === 'BatchNormalization') layer.trainable = false;
  }
  const { event, directory } = request;
  const controller = new AbortController();
  const losses: number[] = [];
  const happens = (step: number, ...what: NonNullable<TrainingRequest['event']>['what'][]): boolean =>
    event !== undefined && event.rank === rank && event.step === step && what.includes(event.what);
  const watch: Callback = {
    name: 'watch',
    onStepEnd: async (run, { step, loss }) => {
      losses.push(loss);
      if (happens(step, 'stop')) run.stop(`rank ${rank} has had enough`);
      if (happens(step, 'abort')) controller.abort(new Error('SIGTERM'));
      if (happens(step, 'learningRate')) run.learningRateOverride = 0.5;
      if (happens(step, 'kill')) process.kill(process.pid, 'SIGKILL');
      if (happens(step, 'notFinite', 'changeWeight')) {
        const weight = model.trainableWeights[0]!;
        const variable = weight.read();
        weight.write(tf.fill(variable.shape, event!.what === 'notFinite' ? Number.NaN : 0.1));
      }
      if (event?.what === 'slow' && event.rank === rank)
        await new Promise((resolve) => setTimeout(resolve, 200));
    },
  };
  const answer: TrainingAnswer = { rank, losses, metrics: [], work: [], steps: 0, weights: '', tensors: 0 };
  const optimizer = sgd({ learningRate: request.learningRate ?? 0.05, momentum: 0.9, weightDecay: 5e-4 });
  const more = { ...request.more, ...withOptions(request, model, optimizer) };
  const before = tf.memory().numTensors;
  const exists = rank === 0 && directory !== undefined && (await hasCheckpoint(directory));
  try {
    const history = await fit(model, {
      train: source(request, 1),
      ...(request.validation === true && {
        validation: source({ ...request, examples: request.examples - 1 }, 2),
      }),
      epochs: request.epochs,
      optimizer,
      ...more,
      seed: happens(0, 'otherSettings') ? 7 : 0,
      signal: controller.signal,
      accumulateSteps: request.accumulateSteps ?? 1,
      recomputeActivations: request.recomputeActivations ?? false,
      callbacks: [
        watch,
        ...(request.validation === true ? [earlyStopping({ patience: 1 })] : []),
        ...(directory === undefined ? [] : [checkpoint({ directory, monitor: 'loss', everySteps: 1 })]),
      ],
      ...(exists && { resume: await loadCheckpoint(directory, model) }),
      distributed: {
        communicator,
        syncBatchNorm: request.syncBatchNorm ?? false,
        exchangeType: request.exchangeType ?? 'float32',
      },
    });
    answer.metrics = history.epochs.map(({ metrics }) => ({ ...metrics }));
    answer.work = history.epochs.map(({ ranks }) => ranks);
    answer.steps = history.epochs.at(-1)?.step ?? 0;
    answer.stopReason = history.stopReason;
  } catch (error) {
    answer.error = (error as Error).message;
  }
  answer.tensors = tf.memory().numTensors - before;
  answer.weights = hash(await Promise.all(model.weights.map((weight) => weight.read().data<'float32'>())));
  // Rank 0 prints for all: launchers mix the long lines of several.
  const answers = await communicator.gatherValues(answer);
  if (rank === 0) process.stdout.write(answers.map((each) => `${JSON.stringify(each)}\n`).join(''));
  await communicator.finalize();
  await engine.dispose();
}

await main(JSON.parse(process.argv[2]!) as TrainingRequest);
