import { openClassifier } from '@zoo/classify';
import { createRandom, formatPredictions } from '@zoo/core';
import type { ImageFolder } from '@zoo/data/node';

/** Options of {@link classifyPictures}. */
export interface ClassifyPicturesOptions {
  /** The folder of the saved model. */
  modelDirectory: string;
  /** Where pictures are drawn from. */
  folder: ImageFolder;
  count: number;
  seed: number;
  log: (line: string) => void;
}

/** Opens the saved model, as another program would, and prints what it makes of some pictures, each of another class. */
export async function classifyPictures(options: ClassifyPicturesOptions): Promise<void> {
  const { modelDirectory, folder, count, seed, log } = options;
  const classifier = await openClassifier(modelDirectory);
  try {
    const pictures = somePictures(folder, count, seed);
    const answers = await classifier.classify(pictures);
    pictures.forEach((picture, index) => {
      log(`\n${picture}\n${formatPredictions(answers[index]!)}`);
    });
  } finally {
    classifier.dispose();
  }
}

function somePictures(folder: ImageFolder, count: number, seed: number): string[] {
  const random = createRandom(seed).fork('classify');
  const classes = random.permutation(folder.classNames.length).subarray(0, count);
  return Array.from(classes, (label) => {
    const ofClass = folder.examples.filter((example) => example.label === label);
    return ofClass[random.fork(label).integer(0, ofClass.length - 1)]!.path;
  });
}
