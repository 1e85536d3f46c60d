import { describe, expect, it } from 'vitest';

import { resumedTrainSettings } from '../src/training/resume-settings';
import { newTrainSettings } from '../src/training/train-settings';
import { createSchedule } from '../src/training/update-rule';

const FOLDER = { folder: '/pictures' };

describe('the settings of a new run', () => {
  it.each([
    ['resnet18', [64, 64], 'torchvision', 'half'],
    ['resnet50', [224, 224], 'torchvision', null],
    ['resnet20', [32, 32], null, null],
    ['preactivation_resnet164', [32, 32], null, null],
    ['resnet50v2', [96, 96], null, 'half'],
  ] as const)('give %s at %j the variant %j and the stem %j', (model, imageSize, variant, stem) => {
    const settings = newTrainSettings({ ...FOLDER, model, imageSize });
    expect({ variant: settings.variant, stem: settings.stem }).toEqual({ variant, stem });
  });

  it('follow the optimizer in learning rate and weight decay, unless they are given', () => {
    expect(newTrainSettings(FOLDER)).toMatchObject({ learningRate: 0.05, weightDecay: 5e-4 });
    expect(newTrainSettings({ ...FOLDER, optimizer: 'adamw', learningRate: 0.01 })).toMatchObject({
      learningRate: 0.01,
      weightDecay: 0.05,
    });
  });

  it('hold what was given', () => {
    const given = {
      ...FOLDER,
      variant: 'keras',
      stem: 'small',
      epochs: 3,
      seed: 9,
      weights: '/run',
      freeze: 'backbone',
    } as const;
    expect(newTrainSettings(given)).toMatchObject(given);
  });
});

describe('layers that nobody filled', () => {
  it('are not frozen', () => {
    expect(() => newTrainSettings({ ...FOLDER, freeze: 'backbone' })).toThrow(
      /for `--freeze` but received "backbone"\. .* give --weights too/,
    );
  });
});

describe('the settings of a resumed run', () => {
  const saved = newTrainSettings({ ...FOLDER, epochs: 10 });

  it('are its own, with more epochs on demand', () => {
    expect(resumedTrainSettings(saved, FOLDER)).toEqual(saved);
    expect(resumedTrainSettings(saved, { ...FOLDER, epochs: 12 })).toEqual({ ...saved, epochs: 12 });
    expect(resumedTrainSettings(saved, { ...FOLDER, imageSize: [64, 64] })).toEqual(saved);
  });

  it('have the batch size that the run found, where the memory is to decide again', () => {
    expect(resumedTrainSettings(saved, { ...FOLDER, batchSize: 'auto' })).toEqual(saved);
  });

  it('refuse any other value, by the name of the option', () => {
    expect(() => resumedTrainSettings(saved, { ...FOLDER, labelSmoothing: 0 })).toThrow(
      "Expected the run's own value 0.1 for `--label-smoothing` but received 0.",
    );
    expect(() => resumedTrainSettings(saved, { folder: '/other' })).toThrow('for `<folder>`');
  });
});

describe('the learning rate of a run', () => {
  it('rises over two epochs at most, peaks and falls to 0', () => {
    const schedule = createSchedule(newTrainSettings({ ...FOLDER, epochs: 20 }), 10);
    expect([schedule(0), schedule(20), schedule(200)]).toEqual([0, 0.05, expect.closeTo(0, 12)]);
  });

  it('is defined for the shortest run', () => {
    expect(createSchedule(newTrainSettings({ ...FOLDER, epochs: 1 }), 1)(0)).toBe(0.05);
  });

  it('counts updates, not batches, where gradients are accumulated', () => {
    const settings = { ...FOLDER, epochs: 20, accumulateSteps: 3 };
    const schedule = createSchedule(newTrainSettings(settings), 10);
    expect([schedule(8), schedule(80)]).toEqual([0.05, expect.closeTo(0, 12)]);
    const scaled = createSchedule(newTrainSettings({ ...settings, referenceBatch: 32 }), 10);
    expect(scaled(40)).toBeCloseTo(3 * schedule(40), 12);
  });

  it('is one cycle on demand, for the shortest run too', () => {
    const schedule = createSchedule(newTrainSettings({ ...FOLDER, epochs: 10, schedule: 'oneCycle' }), 10);
    expect([schedule(0), schedule(29), schedule(99)]).toEqual(
      [0.002, 0.05, 2e-7].map((rate) => expect.closeTo(rate, 10) as number),
    );
    expect(
      createSchedule(newTrainSettings({ ...FOLDER, epochs: 1, schedule: 'oneCycle' }), 1)(0),
    ).toBeGreaterThan(0);
  });

  it('stays where it is on demand', () => {
    const schedule = createSchedule(newTrainSettings({ ...FOLDER, schedule: 'constant' }), 10);
    expect([schedule(0), schedule(150)]).toEqual([0.05, 0.05]);
  });
});
