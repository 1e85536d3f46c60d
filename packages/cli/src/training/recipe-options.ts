import {
  ArgumentError,
  expectInteger,
  expectNumber,
  type AnyRow,
  type OptionsOf,
  type OptionTable,
} from '@zoo/core/options';
import { IMAGE_BATCHES_OPTIONS } from '@zoo/data/options';
import {
  ADAGRAD_OPTIONS,
  ADAM_OPTIONS,
  DECAY_OPTIONS,
  FIT_OPTIONS,
  LARS_OPTIONS,
  LOOKAHEAD_OPTIONS,
  MUON_OPTIONS,
  NADAM_OPTIONS,
  ONE_CYCLE_OPTIONS,
  OPTIMIZER_OPTIONS,
  POLYNOMIAL_DECAY_OPTIONS,
  RMS_PROP_OPTIONS,
  SGD_OPTIONS,
  STEP_DECAY_OPTIONS,
  WITH_RESTARTS_OPTIONS,
} from '@zoo/train/options';

import type { ImageSizeOption } from '../option-values';

/** What `--optimizer` takes, and the rule of `@zoo/train` that it means. */
export const RULES = {
  sgd: 'sgd',
  'keras-sgd': 'kerasSgd',
  adam: 'adam',
  adamw: 'adamW',
  rmsprop: 'rmsProp',
  nadam: 'nadam',
  adagrad: 'adagrad',
  lamb: 'lamb',
  lars: 'lars',
  lion: 'lion',
  muon: 'muon',
  'schedule-free-adamw': 'scheduleFreeAdamW',
} as const satisfies Readonly<Record<string, keyof typeof OPTIMIZER_OPTIONS>>;

/** A word for `--optimizer`. */
export type RuleName = keyof typeof RULES;

/** The options of the rule of each word. */
export const RULE_TABLES = Object.fromEntries(
  Object.entries(RULES).map(([word, name]) => [word, OPTIMIZER_OPTIONS[name]]),
) as { readonly [Word in RuleName]: (typeof OPTIMIZER_OPTIONS)[(typeof RULES)[Word]] };

/** A phase of `--freezing`: what is frozen from an epoch on; null for nothing. */
export interface FreezingSetting {
  readonly fromEpoch: number;
  readonly frozen: string | null;
}

/** So many epochs whose pictures have a size of their own. */
export interface EpochSizeSetting {
  readonly epochs: number;
  readonly imageSize: ImageSizeOption;
}

const { alpha, gamma } = FIT_OPTIONS.focal.rows;
const { adaptive, globalNorm, value: bound } = FIT_OPTIONS.clipGradients.rows;
const { decay, fromEpoch, batchNormBatches } = FIT_OPTIONS.averageWeights.rows;
const { temperature, share } = FIT_OPTIONS.distillation.rows;
const UNSET = { default: undefined } as const;

/**
 * What `fit`, its update rules and its schedules take beyond what every run has, by the names that `zoo train` has for it. Nothing has a
 * default here: what is absent is left to `fit` and to the rule.
 */
export const RECIPE_OPTIONS = {
  /** Cross-entropy over all classes, or each class's own by its sigmoid. */
  loss: FIT_OPTIONS.loss,
  /** Turns the loss to hard examples (focal loss): 2 is usual. */
  focalGamma: { ...gamma, ...UNSET },
  /** With `focalGamma` and `loss: binaryCrossEntropy`: what a class that holds counts. */
  focalAlpha: alpha,
  /** What the loss of an example is multiplied by, a number for each class in the order of the classes. */
  classWeights: {
    type: 'any',
    expected: 'a number for each class',
    check: (argument, value) =>
      numbers(argument, value, (each) => expectNumber(argument, each, { minimum: 0 })),
  } as AnyRow<readonly number[]>,
  /** A JSON file of what each picture's loss is multiplied by: `{ "<path from the file's folder>": 2 }`. */
  sampleWeights: { type: 'text', expected: 'the path of a JSON file' },
  /**
   * Which pictures an epoch draws: `balanced`, every class as often; `weighted`, in proportion to `sampleWeights`, which then weight no
   * loss. Left out: each once.
   */
  sampler: { type: 'choice', choices: ['balanced', 'weighted'] },
  /** Scales all gradients by one factor so that their norm is at most this. */
  clipNorm: globalNorm,
  /** Cuts each element of gradients to this size. */
  clipValue: bound,
  /** Scales each unit's gradient to at most this share of the norm of its weights. */
  clipAdaptive: adaptive,
  /** Averages weights over steps (EMA): the share of the average that is kept at each. */
  emaDecay: decay,
  /** Averages weights over epochs (SWA), from this one on, counted from 0. */
  swaFromEpoch: fromEpoch,
  /** With `swaFromEpoch`: batches that batch norms are measured on. */
  swaBatchNormBatches: batchNormBatches,
  /** What is frozen from which epoch on, for gradual unfreezing. */
  freezing: {
    type: 'any',
    expected: 'an array of { fromEpoch, frozen }',
    check: (argument, value) => {
      if (!Array.isArray(value) || value.length === 0) {
        throw new ArgumentError(argument, 'an array of { fromEpoch, frozen }', value);
      }
      return (value as Partial<FreezingSetting>[]).map((phase) => {
        expectInteger(`${argument}.fromEpoch`, phase.fromEpoch, { minimum: 0 });
        if (phase.frozen !== null && typeof phase.frozen !== 'string') {
          throw new ArgumentError(`${argument}.frozen`, "a stage's or a layer's name, or null", phase.frozen);
        }
        return phase as FreezingSetting;
      });
    },
  } as AnyRow<readonly FreezingSetting[]>,
  /** A network to learn from, too: as `weights`; of the same classes, picture size and normalization. */
  teacher: {
    type: 'text',
    expected: 'a path, an address, the name of published weights or hf:user/repository',
  },
  /** With `teacher`: what both networks' logits are divided by. */
  distillationTemperature: { ...temperature, ...UNSET },
  /** With `teacher`: its share of the loss. */
  distillationShare: { ...share, ...UNSET },
  /** Sizes of the first epochs' pictures, `imageSize` being the last (progressive resizing). */
  imageSizeByEpoch: {
    type: 'any',
    expected: 'an array of { epochs, imageSize }',
    check: (argument, value) =>
      IMAGE_BATCHES_OPTIONS.imageSizeByEpoch.check!(argument, value).map(({ epochs, height, width }) => ({
        epochs,
        imageSize: [height, width],
      })),
  } as AnyRow<readonly EpochSizeSetting[]>,
  /** Epochs that other programs have trained the weights for: the schedule goes on after them. */
  initialEpoch: { ...FIT_OPTIONS.initialEpoch, ...UNSET },
  /** Epochs from one validation to the next. */
  validationFrequency: { ...FIT_OPTIONS.validationFrequency, ...UNSET },
  /** Also measures how often the class is among this many most probable ones. */
  topK: FIT_OPTIONS.topK,
  /** Computes activations again for the backward pass, to save memory. */
  recomputeActivations: { type: 'boolean' },
  /** What happens at a loss or weight that is not a finite number. */
  onNotFinite: { ...FIT_OPTIONS.onNotFinite, ...UNSET },
  /** Share of the velocity that is kept. Left out: 0.9 for sgd, else the rule's own. */
  momentum: { ...SGD_OPTIONS.momentum, ...UNSET },
  /** Looks one step ahead along the velocity. Left out: true for sgd with momentum, else false. */
  nesterov: { type: 'boolean' },
  /** Decay of the gradients' mean. */
  beta1: { ...ADAM_OPTIONS.beta1, ...UNSET },
  /** Decay of the squared gradients' mean; of lion, share of the mean that is kept. */
  beta2: { ...ADAM_OPTIONS.beta2, ...UNSET },
  /** What keeps quotients finite. */
  epsilon: { ...ADAM_OPTIONS.epsilon, ...UNSET },
  /** Adds `epsilon` before the bias is corrected, as Keras. */
  epsilonHat: { type: 'boolean' },
  /** Share of the squared gradients' mean that is kept. */
  rho: { ...RMS_PROP_OPTIONS.rho, ...UNSET },
  /** Subtracts the square of the gradients' mean. */
  centered: { type: 'boolean' },
  /** Adds `epsilon` within the root, as Keras. */
  epsilonInRoot: { type: 'boolean' },
  /** How fast nadam's momentum warms up. */
  momentumDecay: { ...NADAM_OPTIONS.momentumDecay, ...UNSET },
  /** What adagrad's sums of squares begin with. */
  initialAccumulator: { ...ADAGRAD_OPTIONS.initialAccumulator, ...UNSET },
  /** The length of a step of lars as a share of the weight's norm. */
  trustCoefficient: { ...LARS_OPTIONS.trustCoefficient, ...UNSET },
  /** Lengthens no step of lars beyond that of plain SGD. */
  trustClip: { type: 'boolean' },
  /** Newton-Schulz iterations of muon. */
  newtonSchulzSteps: { ...MUON_OPTIONS.newtonSchulzSteps, ...UNSET },
  /** Steps of muon as large as AdamW's. Left out: true. */
  matchAdamW: { type: 'boolean' },
  /** Looks back after this many updates (lookahead): 6 is usual. */
  lookaheadSteps: { ...LOOKAHEAD_OPTIONS.syncSteps, ...UNSET },
  /** With `lookaheadSteps`: share of the way that is taken. */
  lookaheadShare: { ...LOOKAHEAD_OPTIONS.share, ...UNSET },
  /** Epochs of linear rise before the schedule. Left out: 2 for cosine, at most a fifth of the run, else 0. */
  warmupEpochs: { type: 'number', minimum: 0 },
  /** The learning rate at the end, of cosine and polynomial. Left out: 0. */
  finalRate: { ...POLYNOMIAL_DECAY_OPTIONS.final, ...UNSET },
  /** Epochs between two drops, of step. Left out: 30. */
  dropEpochs: { type: 'integer', minimum: STEP_DECAY_OPTIONS.dropSteps.minimum },
  /** What the rate is multiplied by at each drop, of step and multiStep. Left out: 0.1. */
  dropFactor: { ...STEP_DECAY_OPTIONS.factor, ...UNSET },
  /** Epochs at which the rate drops, of multiStep. Left out: half and three quarters of the run (He et al. 2016, section 4.2). */
  milestones: {
    type: 'any',
    expected: 'epochs in rising order',
    check: (argument, value) => {
      let last = 0;
      return numbers(
        argument,
        value,
        (each) => (last = expectInteger(argument, each, { minimum: last + 1 })),
      );
    },
  } as AnyRow<readonly number[]>,
  /** How strongly the rate decays in an epoch, of exponential (a factor) and inverseTime. Left out: 0.95 and 1. */
  decayRate: { type: 'number', minimum: DECAY_OPTIONS.decayRate.minimum },
  /** Decays once an epoch, not at each update, with exponential and inverseTime. */
  staircase: { type: 'boolean' },
  /** Exponent of polynomial: 1 is a straight line. */
  power: { ...POLYNOMIAL_DECAY_OPTIONS.power, ...UNSET },
  /** Share of the run in which the rate of oneCycle rises. */
  riseShare: { ...ONE_CYCLE_OPTIONS.riseShare, ...UNSET },
  /** The rate of oneCycle begins at the peak over this. */
  initialDivisor: { ...ONE_CYCLE_OPTIONS.initialDivisor, ...UNSET },
  /** The rate of oneCycle ends at the first rate over this. */
  finalDivisor: { ...ONE_CYCLE_OPTIONS.finalDivisor, ...UNSET },
  /** How oneCycle goes from one rate to the next. */
  anneal: { ...ONE_CYCLE_OPTIONS.anneal, ...UNSET },
  /** Falls to oneCycle's first rate in as many steps as it rose. */
  threePhases: { type: 'boolean' },
  /** Epochs of the first period after which the schedule, made for that long, begins again. Left out: no restarts. */
  restartEpochs: { type: 'integer', minimum: WITH_RESTARTS_OPTIONS.periodSteps.minimum },
  /** With `restartEpochs`: each period is this many times as long as the one before. */
  restartPeriodFactor: { ...WITH_RESTARTS_OPTIONS.periodFactor, ...UNSET },
  /** With `restartEpochs`: what the rates of each period are multiplied by. */
  restartPeakFactor: { ...WITH_RESTARTS_OPTIONS.peakFactor, ...UNSET },
} as const satisfies OptionTable;

/** What a run's recipe says beyond what every run has. */
export interface RecipeSettings extends OptionsOf<typeof RECIPE_OPTIONS> {}

function numbers(argument: string, value: unknown, check: (each: unknown) => number): readonly number[] {
  if (!Array.isArray(value) || value.length === 0)
    throw new ArgumentError(argument, 'an array of numbers', value);
  return value.map(check);
}
