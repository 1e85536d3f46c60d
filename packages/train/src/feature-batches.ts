import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {
  ArgumentError,
  createRandom,
  disposeBatch,
  fingerprintOf,
  type Batch,
  type BatchSource,
} from '@zoo/core';
import {
  readOptions,
  SIGNAL,
  type AnyRow,
  type OptionsOf,
  type OptionTable,
  type ReadOptions,
} from '@zoo/core/options';

import type { Progress } from './metrics/scored-model';
import { yieldToEventLoop } from './training/yield-to-event-loop';

const FEATURE_BATCHES_OPTIONS = {
  /** Examples in a batch of features. Default the source's. */
  batchSize: { type: 'integer', minimum: 1 },
  /** Draws a new order for each epoch. Default true. */
  shuffle: { type: 'boolean', default: true },
  /** What the order follows from, together with the epoch's number. Default 0. */
  seed: { type: 'integer', minimum: 0, default: 0 },
  /** Called after every batch of pictures. */
  onProgress: {
    type: 'any',
    expected: 'a function of { done, total }, numbers of examples',
  } as AnyRow<(progress: Progress) => void>,
  /** Aborted, the call rejects with the signal's reason after the current batch. */
  signal: SIGNAL,
} as const satisfies OptionTable;

/** Options of {@link featureBatches}. */
export interface FeatureBatchesOptions extends OptionsOf<typeof FEATURE_BATCHES_OPTIONS> {}

/**
 * Computes a frozen network's features of each picture once and returns them as a source, for a classifier that trains in seconds where the
 * whole network takes hours.
 *
 * Features are kept on the host, 4 bytes each: 2 kB per picture for ResNet-18. Pictures are those of the source's epoch 0, augmentation
 * included.
 *
 * @example
 * const features = await featureBatches(pooledFeatures(network), pictures);
 * const head = tf.sequential({ layers: [tf.layers.flatten({ inputShape: features.imageShape }), tf.layers.dense({ units, activation: 'softmax' })] });
 * await fit(head, { train: features, epochs: 50, optimizer: adam() });
 *
 * @param network A network with one output vector per picture, such as `pooledFeatures` of `@zoo/resnet` returns; it runs in inference mode. [batch, features]
 * @returns A source whose `images` are features. [size, 1, 1, features]
 * @throws ArgumentError for a network with another output, or an empty source; the signal's reason when it is aborted.
 */
export async function featureBatches(
  network: tfl.LayersModel,
  source: BatchSource,
  options: FeatureBatchesOptions = {},
): Promise<BatchSource> {
  const {
    batchSize = source.batchSize,
    shuffle,
    seed,
    onProgress,
    signal,
  } = readOptions(FEATURE_BATCHES_OPTIONS, options);
  const length = featureCount(network);
  const examples = await featuresOf(network, source, { onProgress, signal });
  const count = examples.length;
  if (count === 0) throw new ArgumentError('source', 'a source with examples', source);
  const random = createRandom(seed).fork('features');
  const batchesPerEpoch = Math.ceil(count / batchSize);
  return {
    classNames: source.classNames,
    ...(source.isMultiLabel === true && { isMultiLabel: true }),
    imageShape: [1, 1, length],
    exampleCount: count,
    batchSize,
    batchesPerEpoch,
    settings: { examples: fingerprintOfFeatures(examples, source), shuffle, seed },
    batches: async function* ({ epoch, firstBatch = 0, signal: stopped }) {
      const order = shuffle
        ? random.fork(epoch).permutation(count)
        : Uint32Array.from({ length: count }, (_, index) => index);
      for (let batch = firstBatch; batch < batchesPerEpoch; batch++) {
        stopped?.throwIfAborted();
        const members = order.subarray(batch * batchSize, (batch + 1) * batchSize);
        const rows = Array.from(members, (member) => examples[member]!);
        yield await Promise.resolve(batchOf(rows, source.classNames.length, length));
      }
    },
  };
}

/** One example on the host. */
interface FeatureExample {
  readonly features: Float32Array;
  /** Class probabilities. */
  readonly label: Float32Array;
  readonly source: string;
}

async function featuresOf(
  network: tfl.LayersModel,
  source: BatchSource,
  { onProgress, signal }: Pick<ReadOptions<typeof FEATURE_BATCHES_OPTIONS>, 'onProgress' | 'signal'>,
): Promise<FeatureExample[]> {
  const examples: FeatureExample[] = [];
  for await (const batch of source.batches({ epoch: 0, ...(signal && { signal }) })) {
    try {
      const features = tf.tidy(() => network.apply(batch.images, { training: false }) as tf.Tensor2D);
      const [rows, labels] = await Promise.all([rowsOf(features), rowsOf(batch.labels)]).finally(() =>
        features.dispose(),
      );
      rows.forEach((row, index) =>
        examples.push({
          features: row,
          label: labels[index]!,
          source: batch.sources[index] ?? `example ${examples.length}`,
        }),
      );
    } finally {
      disposeBatch(batch);
    }
    onProgress?.({ done: examples.length, total: source.exampleCount });
    await yieldToEventLoop();
    signal?.throwIfAborted();
  }
  return examples;
}

async function rowsOf(values: tf.Tensor2D): Promise<Float32Array[]> {
  const [count, width] = values.shape;
  const all = await values.data<'float32'>();
  return Array.from({ length: count }, (_, row) => all.slice(row * width, (row + 1) * width));
}

function batchOf(examples: readonly FeatureExample[], classes: number, length: number): Batch {
  const images = new Float32Array(examples.length * length);
  const labels = new Float32Array(examples.length * classes);
  examples.forEach(({ features, label }, index) => {
    images.set(features, index * length);
    labels.set(label, index * classes);
  });
  return {
    images: tf.tensor4d(images, [examples.length, 1, 1, length]),
    labels: tf.tensor2d(labels, [examples.length, classes]),
    sources: examples.map(({ source }) => source),
  };
}

/** Of the examples with what the network made of them, in short: by which a resumed run knows them again. */
function fingerprintOfFeatures(
  examples: readonly FeatureExample[],
  { isMultiLabel = false }: BatchSource,
): string {
  return fingerprintOf(
    examples.flatMap(({ source, label, features }) => [
      source.split(/[/\\]/).slice(-2).join('/'),
      isMultiLabel ? label.join(' ') : label.indexOf(Math.max(...label)),
      features.reduce((sum, value) => sum + value, 0),
    ]),
  );
}

/** How long a network's one vector is. */
function featureCount(network: tfl.LayersModel): number {
  const [output, ...others] = network.outputs;
  const length = output!.shape[1];
  if (others.length === 0 && output!.shape.length === 2 && typeof length === 'number') return length;
  throw new ArgumentError(
    'network',
    'a network that puts out one vector a picture',
    network,
    'pooledFeatures of @zoo/resnet makes one of a classifier.',
  );
}
