import { correctStockBatchNormalization } from '@zoo/core';
import { describe, expect, it } from 'vitest';

import { modelFromParts, modelParts, modelWeights } from '../src';

import { nestedModel, outputsOf, smallResidualNet, weightValues } from './support/small-models';

const namesOf = (model: Parameters<typeof modelWeights>[0]) => modelWeights(model).map(({ name }) => name);
const flagsOf = (model: Parameters<typeof modelWeights>[0]) => [
  model.layers.map(({ trainable }) => trainable),
  modelWeights(model).map(({ variable }) => variable.trainable),
];

describe('modelParts and modelFromParts', () => {
  it.each([
    ['a functional model', smallResidualNet],
    ['a sequential model with a nested one', nestedModel],
  ])('make %s again from what a structured clone keeps', async (_, build) => {
    const model = build();
    model.setUserDefinedMetadata({ zoo: { classNames: ['cook', 'judge'] } });
    const again = await modelFromParts(structuredClone(await modelParts(model)));
    expect(outputsOf(again)).toEqual(outputsOf(model));
    expect(weightValues(again)).toEqual(weightValues(model));
    expect(namesOf(again)).toEqual(namesOf(model));
    expect(again.name).toBe(model.name);
    expect(again.getUserDefinedMetadata()).toEqual(model.getUserDefinedMetadata());
    model.dispose();
    again.dispose();
  });

  it('keep what is frozen: a layer, a nested one, and the weights alone of a model that is', async () => {
    correctStockBatchNormalization();
    const frozen = nestedModel();
    frozen.getLayer('separable').trainable = false;
    (frozen.getLayer('inner') as unknown as ReturnType<typeof nestedModel>).layers[1]!.trainable = false;
    const whole = smallResidualNet();
    whole.trainable = false;
    for (const model of [frozen, whole]) {
      const again = await modelFromParts(await modelParts(model));
      expect(flagsOf(again)).toEqual(flagsOf(model));
      expect(again.trainableWeights.map(({ originalName }) => originalName)).toEqual(
        model.trainableWeights.map(({ originalName }) => originalName),
      );
      model.dispose();
      again.dispose();
    }
  });

  it('take copies, whose buffers may be transferred', async () => {
    const model = smallResidualNet();
    const before = weightValues(model);
    const parts = await modelParts(model);
    structuredClone(parts, {
      transfer: [...parts.weights.values()].map(({ values }) => values.buffer as ArrayBuffer),
    });
    expect(weightValues(model)).toEqual(before);
    model.dispose();
  });
});
