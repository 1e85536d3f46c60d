import { ArgumentError, pickOptions, type OptionTable } from '@zoo/core/options';
import {
  constant,
  cosineDecay,
  exponentialDecay,
  inverseTimeDecay,
  linearScaling,
  linearWarmup,
  lookahead,
  multiStepDecay,
  oneCycle,
  OPTIMIZERS,
  polynomialDecay,
  stepDecay,
  withRestarts,
  type Optimizer,
  type Schedule,
} from '@zoo/train';
import { ONE_CYCLE_OPTIONS } from '@zoo/train/options';

import { RULE_TABLES, RULES, type RecipeSettings } from './recipe-options';
import { flagOf, type TrainSettings, type UnsizedSettings } from './train-options';

/** The optimizer that the settings name; throws ArgumentError for an option that it has not. */
export function createOptimizer(settings: UnsizedSettings): Optimizer {
  const { optimizer, weightDecay, lookaheadSteps, lookaheadShare } = settings;
  for (const name of RULE_OPTION_NAMES) expectOption('optimizer', name, settings, RULE_TABLES);
  if (weightDecay !== 0) expectOption('optimizer', 'weightDecay', settings, RULE_TABLES);
  const { momentum = 0.9 } = settings;
  const rule = OPTIMIZERS[RULES[optimizer]]({
    ...(optimizer === 'sgd' && { momentum, nesterov: momentum > 0 }),
    ...pickOptions(RULE_TABLES[optimizer], settings),
  });
  if (lookaheadSteps !== undefined) {
    return lookahead(rule, {
      syncSteps: lookaheadSteps,
      ...(lookaheadShare !== undefined && { share: lookaheadShare }),
    });
  }
  expectBeside('lookaheadShare', 'lookaheadSteps', settings);
  return rule;
}

const RULE_OPTION_NAMES = [
  'momentum',
  'nesterov',
  'beta1',
  'beta2',
  'epsilon',
  'epsilonHat',
  'rho',
  'centered',
  'epsilonInRoot',
  'momentumDecay',
  'initialAccumulator',
  'trustCoefficient',
  'trustClip',
  'newtonSchulzSteps',
  'matchAdamW',
] as const satisfies readonly (keyof RecipeSettings)[];

/** Throws where `name` is given and the optimizer or schedule that the settings name takes no such option. */
function expectOption<Kind extends 'optimizer' | 'schedule'>(
  kind: Kind,
  name: keyof UnsizedSettings,
  settings: UnsizedSettings,
  tables: Readonly<Record<UnsizedSettings[Kind], OptionTable | Readonly<Record<string, unknown>>>>,
): void {
  const chosen: UnsizedSettings[Kind] = settings[kind];
  if (settings[name] === undefined || name in tables[chosen]) return;
  const takers = Object.entries(tables).flatMap(([each, table]) => (name in (table as object) ? [each] : []));
  throw new ArgumentError(
    flagOf(name),
    `no value with ${flagOf(kind)} ${chosen}`,
    settings[name],
    `It is an option of ${takers.join(', ')}.`,
  );
}

/** Throws where `name` is given and `needed`, which it says more of, is not. */
export function expectBeside(
  name: keyof RecipeSettings,
  needed: keyof RecipeSettings,
  settings: RecipeSettings,
): void {
  if (settings[name] === undefined || settings[needed] !== undefined) return;
  throw new ArgumentError(flagOf(name), `${flagOf(needed)} beside it`, settings[name]);
}

/** Epochs over which the learning rate is scaled up to larger batches: Goyal et al. 2017, section 2.2. */
const SCALING_EPOCHS = 5;

/** The learning rate over the run that the settings name; throws ArgumentError for an option that the schedule has not. */
export function createSchedule(settings: TrainSettings, batchesPerEpoch: number): Schedule {
  for (const name of SCHEDULE_OPTION_NAMES) expectOption('schedule', name, settings, SCHEDULE_TABLES);
  const { epochs } = settings;
  const accumulateSteps = accumulateStepsOf(settings);
  const batchSize = settings.batchSize * accumulateSteps;
  const updatesPerEpoch = updatesOf(settings, batchesPerEpoch);
  const schedule = warmedUp(settings, updatesPerEpoch);
  // Null, or absent from a run that an earlier version began.
  const referenceBatch = (settings.referenceBatch as number | null | undefined) ?? batchSize;
  if (referenceBatch === batchSize) return schedule;
  const warmupSteps = Math.floor(Math.min(SCALING_EPOCHS, epochs / 5) * updatesPerEpoch);
  return linearScaling(schedule, { factor: batchSize / referenceBatch, warmupSteps });
}

/** Updates an epoch makes. */
export function updatesOf(settings: TrainSettings, batchesPerEpoch: number): number {
  return Math.ceil(batchesPerEpoch / accumulateStepsOf(settings));
}

/** Absent from a run that an earlier version began. */
export function accumulateStepsOf({ accumulateSteps = 1 }: Partial<TrainSettings>): number {
  return accumulateSteps;
}

/** Epochs of linear warm-up before the cosine, if the run is long enough for them. */
const WARMUP_EPOCHS = 2;

function warmedUp(settings: TrainSettings, updatesPerEpoch: number): Schedule {
  const { epochs, schedule, restartEpochs, restartPeriodFactor, restartPeakFactor } = settings;
  const { warmupEpochs = schedule === 'cosine' ? Math.min(WARMUP_EPOCHS, epochs / 5) : 0 } = settings;
  if (warmupEpochs >= epochs) {
    throw new ArgumentError('--warmup-epochs', `fewer epochs than the run's ${epochs}`, warmupEpochs);
  }
  const warmupSteps = Math.floor(warmupEpochs * updatesPerEpoch);
  const left = epochs * updatesPerEpoch - warmupSteps;
  if (restartEpochs === undefined) {
    expectBeside('restartPeriodFactor', 'restartEpochs', settings);
    expectBeside('restartPeakFactor', 'restartEpochs', settings);
    return linearWarmup(scheduleOf(settings, { updatesPerEpoch, steps: left, warmupSteps }), { warmupSteps });
  }
  const periodSteps = restartEpochs * updatesPerEpoch;
  const period = scheduleOf(settings, { updatesPerEpoch, steps: periodSteps, warmupSteps: 0 });
  const repeated = withRestarts(period, {
    periodSteps,
    ...(restartPeriodFactor !== undefined && { periodFactor: restartPeriodFactor }),
    ...(restartPeakFactor !== undefined && { peakFactor: restartPeakFactor }),
  });
  return linearWarmup(repeated, { warmupSteps });
}

/** Settings that each schedule follows from besides those that all have. */
const SCHEDULE_TABLES = {
  constant: {},
  cosine: { finalRate: true },
  oneCycle: ONE_CYCLE_OPTIONS,
  step: { dropEpochs: true, dropFactor: true },
  multiStep: { milestones: true, dropFactor: true },
  polynomial: { finalRate: true, power: true },
  exponential: { decayRate: true, staircase: true },
  inverseTime: { decayRate: true, staircase: true },
} as const;

const SCHEDULE_OPTION_NAMES = [
  'finalRate',
  'dropEpochs',
  'dropFactor',
  'milestones',
  'power',
  'decayRate',
  'staircase',
  'riseShare',
  'initialDivisor',
  'finalDivisor',
  'anneal',
  'threePhases',
] as const satisfies readonly (keyof RecipeSettings)[];

/** The place of a schedule in a run. */
interface ScheduleSpan {
  readonly updatesPerEpoch: number;
  /** Updates that it is made for. */
  readonly steps: number;
  /** Updates that were made before its first one. */
  readonly warmupSteps: number;
}

function scheduleOf(
  settings: TrainSettings,
  { updatesPerEpoch, steps, warmupSteps }: ScheduleSpan,
): Schedule {
  const {
    learningRate: initial,
    epochs,
    finalRate = 0,
    dropFactor: factor = 0.1,
    staircase = false,
  } = settings;
  if (finalRate > initial)
    throw new ArgumentError('--final-rate', `at most the peak, ${initial},`, finalRate);
  switch (settings.schedule) {
    case 'constant':
      return constant(initial);
    case 'cosine':
      return cosineDecay({ initial, decaySteps: steps, alpha: finalRate / initial });
    case 'oneCycle': {
      const given = pickOptions(ONE_CYCLE_OPTIONS, settings);
      // A rise and a fall need four steps at least.
      return oneCycle({ ...given, peak: initial, totalSteps: Math.max(4, steps) });
    }
    case 'step':
      return stepDecay({ initial, factor, dropSteps: (settings.dropEpochs ?? 30) * updatesPerEpoch });
    case 'multiStep': {
      const { milestones } = settings;
      const at = (epoch: number): number => Math.round(epoch * updatesPerEpoch) - warmupSteps;
      if (milestones !== undefined && at(milestones[0]!) < 1) {
        throw new ArgumentError('--milestones', 'epochs after the warm-up', milestones);
      }
      // A run of few updates has no room for both.
      const usual = [...new Set([at(epochs / 2), at((epochs * 3) / 4)])].filter((step) => step > 0);
      return multiStepDecay({ initial, factor, milestones: milestones?.map(at) ?? usual });
    }
    case 'polynomial': {
      const { power = 1 } = settings;
      return polynomialDecay({ initial, decaySteps: steps, final: finalRate, power });
    }
    case 'exponential':
      return exponentialDecay({
        initial,
        decaySteps: updatesPerEpoch,
        decayRate: settings.decayRate ?? 0.95,
        staircase,
      });
    case 'inverseTime':
      return inverseTimeDecay({
        initial,
        decaySteps: updatesPerEpoch,
        decayRate: settings.decayRate ?? 1,
        staircase,
      });
  }
}
