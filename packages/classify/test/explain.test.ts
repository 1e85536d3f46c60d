import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { PIXEL_NORMALIZATIONS, setModelMetadata } from '@zoo/core';
import { rgbImage } from '@zoo/data';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';

import { createClassifier, drawHeat, explain, type Classifier } from '../src';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

let classifier: Classifier;
afterEach(() => classifier.dispose());

/** A model whose classes want red and blue: one convolution that lets colours through, pooled. */
function colorClassifier(units: 1 | 2): Classifier {
  const kernel = units === 2 ? [1, 0, 0, 0, 0, 1] : [-1, 0, 1];
  const model = tfl.sequential({
    layers: [
      tfl.layers.conv2d({ inputShape: [4, 4, 3], filters: 3, kernelSize: 1, name: 'map' }),
      tfl.layers.globalAveragePooling2d({}),
      tfl.layers.dense({ units, activation: units === 2 ? 'softmax' : 'sigmoid' }),
    ],
  });
  tf.tidy(() => {
    const through = tf.reshape(tf.eye(3), [1, 1, 3, 3]);
    model.setWeights([through, tf.zeros([3]), tf.tensor2d(kernel, [3, units]), tf.zeros([units])]);
  });
  setModelMetadata(model, {
    classNames: ['red', 'blue'],
    preprocessing: { imageSize: [4, 4], normalization: PIXEL_NORMALIZATIONS.scale },
  });
  classifier = createClassifier(model);
  return classifier;
}

/** Red on the left, blue on the right, a little more of the red. */
const PICTURE = rgbImage(
  4,
  4,
  Uint8Array.from({ length: 4 * 4 * 3 }, (_, at) => {
    const [column, channel] = [Math.floor(at / 3) % 4, at % 3];
    if (channel === 1) return 0;
    return (channel === 0) === column < 2 ? (channel === 0 ? 255 : 200) : 0;
  }),
);
const LEFT = [1, 1, 0, 0];
const RIGHT = [0, 0, 1, 1];

describe('explain', () => {
  it.each([
    [{}, 'red', LEFT],
    [{ className: 'blue' }, 'blue', RIGHT],
    [{ label: 1, layerName: 'map' }, 'blue', RIGHT],
  ])('says with %j where the picture speaks for %s', async (options, className, row) => {
    const { heat, ...explanation } = await explain(colorClassifier(2), PICTURE, options);
    expect(explanation).toMatchObject({ className, height: 4, width: 4 });
    expect([...heat.slice(0, 4)]).toEqual(row);
    const answers = await classifier.classify(PICTURE);
    const { probability } = answers.find((answer) => answer.className === className)!;
    expect(explanation.probability).toBe(probability);
  });

  it.each([
    ['red', LEFT],
    ['blue', RIGHT],
  ])('tells the two classes of a head of one unit apart: %s', async (className, row) => {
    const { heat } = await explain(colorClassifier(1), PICTURE, { className });
    expect([...heat.slice(0, 4)]).toEqual(row);
  });

  it.each([
    [{ className: 'blu' }, "Did you mean 'blue'?"],
    [{ label: 2 }, "a class' number, 0 to 1"],
    [{ layerName: 'dense' }, 'a stage or layer'],
  ])('refuses %j and leaves no tensor', async (options, sentence) => {
    await expect(explain(colorClassifier(2), PICTURE, options)).rejects.toThrow(sentence);
  });
});

describe('drawHeat', () => {
  it('lays bright over what speaks for the class, and the map alone with an opacity of 1', async () => {
    const explanation = await explain(colorClassifier(2), PICTURE);
    const { seen } = explanation;
    expect([seen.height, seen.width]).toEqual([448, 448]);
    const pixel = (image: typeof seen, column: number) => [...image.pixels.slice(column * 3, column * 3 + 3)];
    const alone = drawHeat(explanation, { opacity: 1 });
    expect(pixel(alone, 0)).toEqual([252, 255, 164]);
    expect(pixel(alone, 447)).toEqual([0, 0, 4]);
    expect(Buffer.compare(drawHeat(explanation, { opacity: 0 }).pixels, seen.pixels)).toBe(0);
    expect(pixel(drawHeat(explanation), 447)).toEqual([0, 0, 102]);
  });
});
