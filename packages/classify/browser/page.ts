import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';

import { openClassifier } from '../src';

/** What the tests call in the page. */
export const classifyPage = {
  /** What a model makes of a picture: fetched, as a Blob, and drawn on a canvas. */
  async classify(model: string, picture: string) {
    await tf.setBackend('cpu');
    const progress: number[] = [];
    const classifier = await openClassifier(model, {
      onProgress: (fraction) => void progress.push(fraction),
    });
    const blob = await (await fetch(picture)).blob();
    const bitmap = await createImageBitmap(blob, { colorSpaceConversion: 'none' });
    const canvas = Object.assign(document.createElement('canvas'), {
      width: bitmap.width,
      height: bitmap.height,
    });
    const context = canvas.getContext('2d')!;
    context.drawImage(bitmap, 0, 0);
    const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
    const forms = [picture, new URL(picture, location.href), blob, canvas, bitmap, pixels];
    const answers = await classifier.classify(forms, { top: 10 });
    classifier.dispose();
    return { answers, lastProgress: progress.at(-1), tensors: tf.memory().numTensors };
  },
  /** The words of the error that a picture ends in. */
  async refuse(model: string, picture: string) {
    const classifier = await openClassifier(model);
    try {
      await classifier.classify(picture);
      return 'no error';
    } catch (error) {
      return (error as Error).message;
    } finally {
      classifier.dispose();
    }
  },
};

Object.assign(globalThis, { classifyPage });
