import { readFile } from 'node:fs/promises';

import * as tf from '@tensorflow/tfjs';
import { disposeBatch, formatPredictions, parseClassIndex, topClasses } from '@zoo/core';
import { kerasImageBatches } from '@zoo/data/node';
import { resnet50 } from '@zoo/resnet';

/** Options of {@link runInference}. */
export interface RunInferenceOptions {
  /** Weights that this program or the Python one has written. */
  modelPath: string;
  /** `idenprof_model_class.json`: {"0": "chef", ...}, in any order. */
  classIndexPath: string;
  picture: string;
  /** Default 224. */
  imageSize?: number | undefined;
  /** Default 5. */
  top?: number | undefined;
}

/** Classifies one picture; returns the lines that the Python program prints: `police : 99.38194155693054`. */
export async function runInference(options: RunInferenceOptions): Promise<string> {
  const { modelPath, classIndexPath, picture, imageSize = 224, top = 5 } = options;
  const classNames = parseClassIndex(await readFile(classIndexPath, 'utf8'), classIndexPath);
  const model = await resnet50({
    variant: 'idenprof',
    inputShape: [imageSize, imageSize, 3],
    classes: classNames.length,
    weights: modelPath,
  });
  try {
    return formatPredictions(topClasses(await predict(model, picture, imageSize), classNames, top));
  } finally {
    model.dispose();
  }
}

/** `image.load_img(picture, target_size=...)`, `img_to_array`, times 1/255. */
async function predict(model: tf.LayersModel, picture: string, imageSize: number): Promise<Float32Array> {
  const set = { classNames: ['picture'], examples: [{ path: picture, label: 0 }] };
  const source = await kerasImageBatches(set, { targetSize: imageSize, rescale: 1 / 255, shuffle: false });
  for await (const batch of source.batches({ epoch: 0 })) {
    const outputs = tf.tidy(() => model.predict(batch.images) as tf.Tensor2D);
    const probabilities = (await outputs.data()) as Float32Array;
    outputs.dispose();
    disposeBatch(batch);
    return probabilities;
  }
  throw new Error(`There is no picture in ${picture}.`);
}
