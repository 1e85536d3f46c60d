import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {
  averageProbabilities,
  modelMetadata,
  PIXEL_NORMALIZATIONS,
  setModelMetadata,
  type ModelMetadata,
} from '@zoo/core';
import { rgbImage } from '@zoo/data';
import { cifarResnet } from '@zoo/resnet';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';

import { createClassifier, createEnsemble, type Classifier, type Ensemble } from '../src';

const CLASS_NAMES = ['cook', 'judge', 'pilot'];
const PICTURES = [1, 2, 3].map((seed) =>
  rgbImage(
    20,
    30,
    Uint8Array.from({ length: 20 * 30 * 3 }, (_, at) => (at * 7 + seed * 31 + ((at * at) % 97)) % 256),
  ),
);

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** Networks that read pictures at other sizes and by other normalizations. */
function network(seed: number, metadata: ModelMetadata = {}): tfl.LayersModel {
  const size = seed === 1 ? 16 : 24;
  const model = cifarResnet(20, { classes: 3, inputShape: [size, size, 3], seed });
  const normalization = seed === 1 ? PIXEL_NORMALIZATIONS.torch : PIXEL_NORMALIZATIONS.tf;
  const preprocessing = { imageSize: [size, size] as const, normalization };
  setModelMetadata(model, {
    ...modelMetadata(model),
    ...{ classNames: CLASS_NAMES, preprocessing },
    ...metadata,
  });
  return model;
}

const open: (Classifier | Ensemble)[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.dispose();
});

function classifier(seed: number, metadata?: ModelMetadata): Classifier {
  const made = createClassifier(network(seed, metadata));
  open.push(made);
  return made;
}

async function probabilitiesOf(source: Pick<Classifier, 'results'>): Promise<Float32Array[]> {
  const answers: Float32Array[] = [];
  for await (const answer of source.results(PICTURES)) {
    if (!('error' in answer)) answers.push(answer.probabilities);
  }
  return answers;
}

describe('several classifiers as one', () => {
  it.each(['probabilities', 'logits'] as const)('answer by the mean of their %s', async (average) => {
    const members = [classifier(1), classifier(2)];
    const ensemble = createEnsemble(members, { average, weights: [2, 1] });
    const [first, second] = await Promise.all(members.map(probabilitiesOf));
    const expected = first!.map((answer, place) =>
      averageProbabilities('softmax', [answer, second![place]!], 3, { average, weights: [2, 1] }),
    );
    expect(await probabilitiesOf(ensemble)).toEqual(expected);
    const [best] = await ensemble.classify(PICTURES[0]!, { top: 1 });
    const label = expected[0]!.indexOf(Math.max(...expected[0]!));
    expect(best).toEqual({ className: CLASS_NAMES[label], probability: expected[0]![label] });
    expect(await ensemble.classify(PICTURES, { batchSize: 2 })).toHaveLength(3);
  });

  it('answer a picture that cannot be read with its error, and the others', async () => {
    const ensemble = createEnsemble([classifier(1), classifier(2)]);
    const results = [];
    const broken = new Blob(['no picture']);
    for await (const result of ensemble.results([PICTURES[0]!, broken, PICTURES[1]!])) results.push(result);
    expect(results.map((result) => 'error' in result)).toEqual([false, true, false]);
    await expect(ensemble.classify(broken)).rejects.toThrow();
  });

  it('are disposed together', () => {
    const before = tf.memory().numTensors;
    const members = [1, 2].map((seed) => createClassifier(network(seed)));
    createEnsemble(members).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuse none, and classes in another order', () => {
    expect(() => createEnsemble([])).toThrow('Expected at least one for `classifiers`');
    const other = classifier(2, { classNames: ['judge', 'cook', 'pilot'] });
    expect(() => createEnsemble([classifier(1), other])).toThrow(
      'Expected the classes of the first in their order, cook, judge, pilot, for `classifiers[1].classNames`',
    );
  });
});
