import * as tf from '@tensorflow/tfjs-core';
import { createRandom, type Batch, type BatchSource } from '@zoo/core';
import { createResnet, summary } from '@zoo/resnet';
import { fit, sgd } from '@zoo/train';

/** What is timed. */
export interface BenchTask {
  readonly network: string;
  readonly imageSize: readonly [height: number, width: number];
  readonly batchSize: number;
}

/** A network's training steps. */
export interface BenchRun {
  /** Floating-point operations of a step: a direct convolution's, forward and twice as many backward. */
  readonly flops: number;
  /** Makes `steps` steps as `fit` does; milliseconds of each but the first. */
  timeSteps(steps: number): Promise<number[]>;
  dispose(): void;
}

const CLASSES = 10;
/** A multiply-add is two operations; the backward pass takes twice the forward pass. */
const OPERATIONS_A_MULTIPLY_ADD = 2;
const PASSES = 3;

/** Builds the network on the current engine. */
export function startBench({ network, imageSize, batchSize }: BenchTask): BenchRun {
  const inputShape = [...imageSize, 3] as const;
  const model = createResnet(network, { inputShape, classes: CLASSES, weights: null, seed: 1 });
  const { multiplyAdds } = summary(model);
  return {
    flops: OPERATIONS_A_MULTIPLY_ADD * PASSES * multiplyAdds * batchSize,
    async timeSteps(steps) {
      const ends: number[] = [];
      await fit(model, {
        train: randomPictures({ network, imageSize, batchSize }, steps),
        epochs: 1,
        optimizer: sgd({ learningRate: 0.01, momentum: 0.9, weightDecay: 1e-4 }),
        callbacks: [{ name: 'bench', onStepEnd: () => void ends.push(performance.now()) }],
      });
      return ends.slice(1).map((end, index) => end - ends[index]!);
    },
    dispose: () => model.dispose(),
  };
}

/** Batches of random pictures that are as new to the engine as those of a data set. */
function randomPictures({ imageSize, batchSize }: BenchTask, steps: number): BatchSource {
  const imageShape = [...imageSize, 3] as [number, number, number];
  const shape: [number, number, number, number] = [batchSize, ...imageShape];
  const random = createRandom(1);
  const pixels = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () =>
    random.uniformBetween(-2, 2),
  );
  const classes = Array.from({ length: batchSize }, (_, index) => index % CLASSES);
  return {
    classNames: Array.from({ length: CLASSES }, (_, index) => `class ${index}`),
    imageShape,
    exampleCount: steps * batchSize,
    batchSize,
    batchesPerEpoch: steps,

    batches: async function* ({ firstBatch = 0 }): AsyncGenerator<Batch> {
      for (let index = firstBatch; index < steps; index++) {
        yield await Promise.resolve({
          images: tf.tensor4d(pixels, shape),
          labels: tf.tidy(() => tf.cast(tf.oneHot(classes, CLASSES), 'float32') as tf.Tensor2D),
          sources: [],
        });
      }
    },
  };
}
