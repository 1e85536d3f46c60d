import { createRandom, formatPredictions, topClasses } from '@zoo/core';
import { imageBatches, type ImageFolder } from '@zoo/data/node';
import { evaluate } from '@zoo/train';
import { loadLayersModel } from '@zoo/weights/node';

import { readClassNames } from './class-names-file';
import { IMAGE_SIZE, NORMALIZATION } from './pictures';

/** Options of {@link classifyPictures}. */
export interface ClassifyPicturesOptions {
  /** The folder of the saved model. */
  modelDirectory: string;
  /** The JSON file of class names. */
  classesPath: string;
  /** Where pictures are drawn from. */
  folder: ImageFolder;
  count: number;
  seed: number;
  log: (line: string) => void;
}

/** Loads the saved model, as another program would, and prints what it makes of some pictures, each of another class. */
export async function classifyPictures(options: ClassifyPicturesOptions): Promise<void> {
  const { modelDirectory, classesPath, folder, count, seed, log } = options;
  const model = await loadLayersModel(modelDirectory);
  try {
    const classNames = await readClassNames(classesPath);
    const pictures = await imageBatches(somePictures(folder, count, seed), {
      imageSize: IMAGE_SIZE,
      shuffle: false,
      normalization: NORMALIZATION,
    });
    const { predictions } = await evaluate(model, pictures);
    for (const { source, probabilities } of predictions) {
      log(`\n${source}`);
      log(formatPredictions(topClasses(probabilities, classNames, 5)));
    }
  } finally {
    model.dispose();
  }
}

function somePictures(folder: ImageFolder, count: number, seed: number): ImageFolder {
  const random = createRandom(seed).fork('classify');
  const classes = random.permutation(folder.classNames.length).subarray(0, count);
  const examples = Array.from(classes, (label) => {
    const ofClass = folder.examples.filter((example) => example.label === label);
    return ofClass[random.fork(label).integer(0, ofClass.length - 1)]!;
  });
  return { ...folder, examples };
}
