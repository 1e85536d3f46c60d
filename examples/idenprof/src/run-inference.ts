import { readFile } from 'node:fs/promises';

import * as tf from '@tensorflow/tfjs';
import { disposeBatch, formatPredictions, parseClassIndex, topClasses } from '@zoo/core';
import { imageBatches } from '@zoo/data/node';
import { resnet50 } from '@zoo/resnet';
import { loadKerasWeights } from '@zoo/weights/node';

/** Options of {@link runInference}. */
export interface RunInferenceOptions {
  /** Weights that this program or the Python one has written. */
  modelPath: string;
  /** `idenprof_model_class.json`: {"0": "chef", ...}, in any order. */
  classIndexPath: string;
  picture: string;
  imageSize?: number;
  top?: number;
}

/** Classifies one picture; returns the lines that the Python program prints: `police : 99.38194155693054`. */
export async function runInference(options: RunInferenceOptions): Promise<string> {
  const { modelPath, classIndexPath, picture, imageSize = 224, top = 5 } = options;
  const classNames = parseClassIndex(await readFile(classIndexPath, 'utf8'), classIndexPath);
  const model = resnet50({
    variant: 'idenprof',
    inputShape: [imageSize, imageSize, 3],
    classes: classNames.length,
    kernelInitializer: 'zeros',
  });
  try {
    // The Python program's layers bear Keras' running numbers, so the two networks fit by their order.
    await loadKerasWeights(model, modelPath, { by: 'topology' });
    const probabilities = await predict(model, picture, imageSize);
    return formatPredictions(topClasses(probabilities, classNames, top));
  } finally {
    model.dispose();
  }
}

async function predict(model: tf.LayersModel, picture: string, imageSize: number): Promise<Float32Array> {
  const set = { classNames: ['picture'], examples: [{ path: picture, label: 0 }] };
  const options = { imageSize, normalization: 'scale', resize: 'nearest', shuffle: false } as const;
  for await (const batch of (await imageBatches(set, options)).batches({ epoch: 0 })) {
    const outputs = tf.tidy(() => model.predict(batch.images) as tf.Tensor2D);
    const probabilities = (await outputs.data()) as Float32Array;
    outputs.dispose();
    disposeBatch(batch);
    return probabilities;
  }
  throw new Error(`There is no picture in ${picture}.`);
}
