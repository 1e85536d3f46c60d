import { writeFile } from 'node:fs/promises';

import { type OptionRow, type OptionTable } from '@zoo/core/options';
import { createResnet } from '@zoo/resnet';
import { FIT_OPTIONS, LOOKAHEAD_OPTIONS } from '@zoo/train/options';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { defineTrain } from '../src/commands/train';
import { expectConsistent, recipeOf } from '../src/training/recipe';
import { RULE_TABLES } from '../src/training/recipe-options';
import { flagOf, TRAIN_OPTIONS, type SizedGivenSettings } from '../src/training/train-options';
import { newTrainSettings } from '../src/training/train-settings';
import { createOptimizer, createSchedule } from '../src/training/update-rule';

import { recordedIo } from './recorded-io';

const place = temporaryDirectory();

const command = new Command();
defineTrain(command, recordedIo());
const flags = command.options.map(({ long }) => long);

const settings = (given: Omit<SizedGivenSettings, 'folder'>) =>
  newTrainSettings({ folder: '/pictures', ...given });

type Setting = keyof typeof TRAIN_OPTIONS;

/** The setting of each option of `fit`, or why there is none. */
const OF_FIT: Readonly<Record<string, Setting | { reason: string }>> = {
  labelSmoothing: 'labelSmoothing',
  classWeights: 'classWeights',
  loss: 'loss',
  'focal.gamma': 'focalGamma',
  'focal.alpha': 'focalAlpha',
  sampleWeights: 'sampleWeights',
  train: { reason: 'the folder that the command is given' },
  validation: 'validation',
  epochs: 'epochs',
  initialEpoch: 'initialEpoch',
  validationFrequency: 'validationFrequency',
  topK: 'topK',
  optimizer: 'optimizer',
  schedule: 'schedule',
  callbacks: { reason: 'what is watched has flags of its own: WATCH_OPTIONS' },
  seed: 'seed',
  signal: { reason: 'Ctrl-C and SIGTERM' },
  resume: { reason: '--resume, which is no setting of the run' },
  allowChanges: { reason: "a resumed run takes its own settings; what may change is the command's to say" },
  optimizerState: { reason: 'a value that a program has' },
  accumulateSteps: 'accumulateSteps',
  recomputeActivations: 'recomputeActivations',
  'averageWeights.decay': 'emaDecay',
  'averageWeights.fromEpoch': 'swaFromEpoch',
  'averageWeights.batchNormBatches': 'swaBatchNormBatches',
  learningRateFactors: 'layerDecay',
  freezing: 'freezing',
  'distillation.teacher': 'teacher',
  'distillation.temperature': 'distillationTemperature',
  'distillation.share': 'distillationShare',
  'clipGradients.globalNorm': 'clipNorm',
  'clipGradients.value': 'clipValue',
  'clipGradients.adaptive': 'clipAdaptive',
  onNotFinite: 'onNotFinite',
  distributed: { reason: 'mpirun, with --sync-batch-norm and --exchange-type' },
};

function leavesOf(table: OptionTable, prefix = ''): [string, OptionRow][] {
  return Object.entries(table).flatMap(([name, row]): [string, OptionRow][] =>
    row.type === 'group' ? leavesOf(row.rows, `${prefix}${name}.`) : [[`${prefix}${name}`, row]],
  );
}

/** What a row takes, without its default. */
function valuesOf(row: OptionRow): object {
  return { ...row, default: undefined, isRequired: undefined };
}

describe('an option of fit', () => {
  it.each(leavesOf(FIT_OPTIONS))('%s is a setting with a flag, or has a reason', (name, row) => {
    const setting = OF_FIT[name];
    expect(setting).toBeDefined();
    if (typeof setting === 'object') return;
    expect(flags).toContain(flagOf(setting!));
    // Values of other types are given as names, numbers or files.
    if (row.type !== 'any') expect(valuesOf(TRAIN_OPTIONS[setting!])).toEqual(valuesOf(row));
  });

  it.each(Object.entries(RULE_TABLES))('and every option of %s is one', (_, table: OptionTable) => {
    const names = Object.keys(table).filter((name) => name !== 'weightDecayFilter');
    expect(names.filter((name) => !(name in TRAIN_OPTIONS))).toEqual([]);
    for (const name of names.filter((each) => each !== 'learningRate')) {
      expect(valuesOf(TRAIN_OPTIONS[name as Setting])).toEqual(valuesOf(table[name]!));
    }
  });

  it('and every setting has a flag', () => {
    expect(
      (Object.keys(TRAIN_OPTIONS) as Setting[]).map(flagOf).filter((name) => !flags.includes(name)),
    ).toEqual([]);
  });
});

describe('an update rule', () => {
  it.each(Object.keys(RULE_TABLES) as (keyof typeof RULE_TABLES)[])(
    '%s is made from its name alone',
    (optimizer) => {
      const rule = createOptimizer(settings({ optimizer }));
      expect(rule.name.toLowerCase()).toBe(optimizer.replaceAll('-', ''));
      expect(rule.learningRate).toBe(settings({ optimizer }).learningRate);
    },
  );

  it('has the options that are given, around it lookahead', () => {
    const rule = createOptimizer(settings({ optimizer: 'lion', beta2: 0.95, lookaheadSteps: 5 }));
    expect(rule.name).toBe('lookahead(lion)');
    expect(rule.settings).toMatchObject({
      beta2: 0.95,
      syncSteps: 5,
      share: LOOKAHEAD_OPTIONS.share.default,
    });
  });

  it('that is schedule-free has a constant rate unless another schedule is asked for', () => {
    expect(settings({ optimizer: 'schedule-free-adamw' }).schedule).toBe('constant');
    expect(settings({ optimizer: 'schedule-free-adamw', schedule: 'step' }).schedule).toBe('step');
  });

  it('is plain SGD without momentum', () => {
    expect(createOptimizer(settings({ momentum: 0 })).settings).toMatchObject({
      momentum: 0,
      nesterov: false,
    });
  });
});

describe('settings that do not go together', () => {
  it.each([
    [
      { optimizer: 'adam', momentum: 0.8 },
      '`--momentum` but received 0.8. It is an option of sgd, keras-sgd, rmsprop, lars, muon.',
    ],
    [{ optimizer: 'adam', weightDecay: 0.1 }, '`--weight-decay`'],
    [{ schedule: 'step', power: 2 }, '`--power` but received 2. It is an option of polynomial.'],
    [{ focalAlpha: 0.3 }, '`--focal-alpha`'],
    [{ distillationShare: 0.3 }, '`--distillation-share`'],
    [{ swaBatchNormBatches: 3 }, '`--swa-batch-norm-batches`'],
    [{ lookaheadShare: 0.3 }, '`--lookahead-share`'],
    [{ restartPeakFactor: 0.3 }, '`--restart-peak-factor`'],
    [{ finalRate: 1 }, '`--final-rate`'],
    [{ warmupEpochs: 20 }, '`--warmup-epochs`'],
    [{ schedule: 'multiStep', milestones: [2], warmupEpochs: 3 }, '`--milestones`'],
  ] as const)('%j are refused by the flag', (given, message) => {
    expect(() => expectConsistent(settings(given))).toThrow(message);
  });

  it('are epochs that no weights have been trained for', () => {
    expect(() => settings({ initialEpoch: 3 })).toThrow(
      '`--initial-epoch` but received 3. Give --weights too',
    );
  });

  it('are layers frozen that nobody has trained, and two ways to freeze', () => {
    const freezing = [{ fromEpoch: 0, frozen: 'backbone' }];
    expect(() => settings({ freezing })).toThrow('give --weights too');
    expect(() => settings({ freezing, freeze: 'stage1', weights: '/run' })).toThrow('no --freeze beside it');
  });
});

describe('a schedule', () => {
  // Ten updates an epoch, a peak of 1.
  it.each([
    [{ schedule: 'step', dropEpochs: 2 }, [0, 19, 20, 40], [1, 1, 0.1, 0.01]],
    [{ schedule: 'multiStep', milestones: [3, 5], dropFactor: 0.5 }, [29, 30, 50], [1, 0.5, 0.25]],
    [{ schedule: 'multiStep' }, [49, 50, 75], [1, 0.1, 0.01]],
    [{ schedule: 'multiStep', milestones: [3], warmupEpochs: 1 }, [5, 10, 29, 30], [0.5, 1, 1, 0.1]],
    [{ schedule: 'polynomial', finalRate: 0.2, power: 2 }, [0, 50, 100], [1, 0.4, 0.2]],
    [{ schedule: 'exponential', decayRate: 0.5, staircase: true }, [9, 10, 20], [1, 0.5, 0.25]],
    [{ schedule: 'inverseTime' }, [0, 10, 30], [1, 0.5, 0.25]],
    [{ schedule: 'constant', warmupEpochs: 2 }, [0, 10, 20, 99], [0, 0.5, 1, 1]],
    [{ schedule: 'cosine', finalRate: 0.5, warmupEpochs: 0 }, [0, 50, 100], [1, 0.75, 0.5]],
    [
      { warmupEpochs: 0, restartEpochs: 2, restartPeakFactor: 0.5 },
      [0, 10, 20, 30, 40],
      [1, 0.5, 0.5, 0.25, 0.25],
    ],
  ] as const)('%j gives at steps %j %j', (given, steps, rates) => {
    const schedule = createSchedule(settings({ epochs: 10, learningRate: 1, ...given }), 10);
    steps.forEach((step, index) => expect(schedule(step)).toBeCloseTo(rates[index]!, 10));
  });
});

describe('a recipe', () => {
  it('is nothing but the defaults where nothing is said', async () => {
    const model = createResnet('resnet20', { classes: 2, weights: null });
    expect(await recipeOf(settings({}), model, undefined)).toEqual({
      labelSmoothing: 0.1,
      accumulateSteps: 1,
    });
    model.dispose();
  });

  it('is what fit takes', async () => {
    const model = createResnet('resnet20', { classes: 2, weights: null });
    const given = {
      ...{ focalGamma: 2, clipAdaptive: 0.01, swaFromEpoch: 3, swaBatchNormBatches: 5, topK: 2 },
      ...{ classWeights: [1, 2], distillationShare: 0.3, validationFrequency: 2, recomputeActivations: true },
    };
    const { distillation, ...rest } = await recipeOf(settings(given), model, model);
    expect(distillation!.teacher).toBe(model);
    expect(distillation!.share).toBe(0.3);
    expect(rest).toEqual({
      ...{ labelSmoothing: 0.1, accumulateSteps: 1, classWeights: [1, 2], focal: { gamma: 2 }, topK: 2 },
      ...{ clipGradients: { adaptive: 0.01 }, averageWeights: { fromEpoch: 3, batchNormBatches: 5 } },
      ...{ validationFrequency: 2, recomputeActivations: true },
    });
    model.dispose();
  });

  it('reads what pictures count from the folder of their file on', async () => {
    const model = createResnet('resnet20', { classes: 2, weights: null });
    await writeFile(place('weights.json'), '{"a/1.png": 2}');
    const { sampleWeights } = await recipeOf(
      settings({ sampleWeights: place('weights.json') }),
      model,
      undefined,
    );
    expect([...sampleWeights!]).toEqual([[place('a/1.png'), 2]]);
    await writeFile(place('weights.json'), '[1, 2]');
    await expect(
      recipeOf(settings({ sampleWeights: place('weights.json') }), model, undefined),
    ).rejects.toThrow('Expected {"<path of a picture>": <number>, ...}');
    model.dispose();
  });
});
