import { readFile } from 'node:fs/promises';

import { createClassifier } from '@zoo/classify';
import { formatPredictions, parseClassIndex } from '@zoo/core';
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
    // `image.load_img(picture, target_size=...)`, `img_to_array`, times 1/255.
    const preprocessing = { resize: 'nearest', aspect: 'stretch', normalization: 'scale' } as const;
    return formatPredictions(
      await createClassifier(model, { classNames, preprocessing }).classify(picture, { top }),
    );
  } finally {
    model.dispose();
  }
}
