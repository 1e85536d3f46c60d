import { Option, type Command } from 'commander';

import { flag } from '../flags';
import { epochSizesOption, freezingOption, numbersOption, type ReadOption } from '../option-values';
import { RECIPE_OPTIONS } from '../training/recipe-options';
import { flagOf } from '../training/train-options';

type RecipeName = keyof typeof RECIPE_OPTIONS;

/** A flag's description, and how its text is read where the row of the option does not say. */
type FlagWords = string | readonly [description: string, value: string, read?: ReadOption<unknown>];

/** The flags of a run's recipe, by the headings of the help; those without a value are switches. */
const GROUPS = {
  'Loss:': {
    loss: ["by the softmax, or each class's own by its sigmoid", '<name>'],
    focalGamma: ['turn the loss to hard examples (focal loss): 2 is usual', '<power>'],
    focalAlpha: ['with --focal-gamma and binaryCrossEntropy: what a class that holds counts', '<share>'],
    classWeights: [
      'what each class counts, in the order of the classes: 1,2.5,1',
      '<numbers>',
      numbersOption,
    ],
    sampleWeights: [
      'a JSON file of what each picture counts: {"<path from the file\'s folder>": 2}; a picture needs its number',
      '<file>',
    ],
    sampler: [
      'draw pictures anew for each epoch: every class as often, or as often as --sample-weights says, which then weight no loss',
      '<name>',
    ],
    teacher: ['a network to learn from, too (distillation): as --weights', '<file or name>'],
    distillationTemperature: ["with --teacher: what both networks' logits are divided by", '<number>'],
    distillationShare: ["with --teacher: the teacher's share of the loss", '<share>'],
  },
  'Optimizer:': {
    momentum: ['share of the velocity that is kept (default: 0.9 for sgd)', '<share>'],
    nesterov: 'look one step ahead along the velocity (default: true for sgd)',
    beta1: ["decay of the gradients' mean", '<share>'],
    beta2: ["decay of the squared gradients' mean", '<share>'],
    epsilon: ['what keeps quotients finite', '<number>'],
    epsilonHat: "add epsilon before adam's bias is corrected, as Keras",
    rho: ["share of rmsprop's mean that is kept", '<share>'],
    centered: "subtract the square of the gradients' mean, of rmsprop",
    epsilonInRoot: 'add epsilon within the root, as Keras, of rmsprop and adagrad',
    momentumDecay: ["how fast nadam's momentum warms up", '<number>'],
    initialAccumulator: ["what adagrad's sums of squares begin with", '<number>'],
    trustCoefficient: ["length of a step of lars, as a share of the weight's norm", '<number>'],
    trustClip: 'lengthen no step of lars beyond that of plain SGD',
    newtonSchulzSteps: [
      'Newton-Schulz iterations that make a step of muon orthogonal (default: 5)',
      '<count>',
    ],
    matchAdamW: "give muon's steps the size of AdamW's (default: true)",
    lookaheadSteps: ['look back after this many updates, with any optimizer: 6 is usual', '<count>'],
    lookaheadShare: ['with --lookahead-steps: share of the way that is taken', '<share>'],
    clipNorm: ['scale gradients so that the norm over all is at most this', '<norm>'],
    clipValue: ['cut each element of gradients to this size', '<size>'],
    clipAdaptive: ["scale each unit's gradient to at most this share of its weights' norm: 0.01", '<share>'],
    emaDecay: ['average weights over updates: 0.999 looks back over about 1,000', '<share>'],
    swaFromEpoch: ['average weights over epochs (SWA), from this one on, the first being 0', '<epoch>'],
    swaBatchNormBatches: ['with --swa-from-epoch: batches that batch norms are measured on', '<count>'],
    freezing: [
      'with --weights: what is frozen from which epoch on: 0:backbone,3:stage2,6:none',
      '<phases>',
      freezingOption,
    ],
  },
  'Schedule:': {
    warmupEpochs: ['linear rise before any schedule (default: 2 for cosine)', '<epochs>'],
    finalRate: ['the rate at the end, of cosine and polynomial', '<rate>'],
    dropEpochs: ['epochs between drops, of step (default: 30)', '<count>'],
    dropFactor: ['what a drop multiplies the rate by, of step and multiStep (default: 0.1)', '<factor>'],
    milestones: [
      'epochs at which the rate drops, of multiStep: 30,60,80 (default: 1/2, 3/4 of the run)',
      '<epochs>',
      numbersOption,
    ],
    decayRate: ['a factor an epoch, of exponential (default: 0.95); of inverseTime its slope', '<rate>'],
    staircase: 'decay once an epoch, of exponential and inverseTime',
    power: ['exponent of polynomial', '<number>'],
    riseShare: ['share of the run in which the rate rises, of oneCycle', '<share>'],
    initialDivisor: ['oneCycle begins at the peak over this', '<number>'],
    finalDivisor: ['oneCycle ends at its first rate over this', '<number>'],
    anneal: ['how oneCycle goes from rate to rate', '<name>'],
    threePhases: 'let oneCycle fall to its first rate before the last phase',
    restartEpochs: ['begin the schedule again after this many epochs', '<count>'],
    restartPeriodFactor: ['with --restart-epochs: each period is this many times as long', '<factor>'],
    restartPeakFactor: ['with --restart-epochs: what each period multiplies rates by', '<factor>'],
  },
  'Loop:': {
    imageSizeByEpoch: [
      'small pictures first, --image-size last: 10:48,5:56, ten epochs at 48 pixels and five at 56',
      '<sizes>',
      epochSizesOption,
    ],
    initialEpoch: [
      'with --weights: epochs that they have been trained for; the schedule goes on after them',
      '<count>',
    ],
    validationFrequency: ['epochs from one validation to the next', '<count>'],
    topK: ['also measure how often the class is among this many', '<count>'],
    recomputeActivations: 'compute activations again for the backward pass, to save memory',
    onNotFinite: ['at a loss that is not a finite number', '<what>'],
  },
} as const satisfies Readonly<Record<string, Partial<Record<RecipeName, FlagWords>>>>;

/** Declares the flags of a recipe under their headings: all, or the schedule's. */
export function addRecipeOptions(
  command: Command,
  headings: readonly (keyof typeof GROUPS)[] = Object.keys(GROUPS) as (keyof typeof GROUPS)[],
): Command {
  for (const heading of headings) {
    for (const [name, words] of Object.entries(GROUPS[heading]) as [RecipeName, FlagWords][]) {
      command.addOption(recipeFlag(name, words).helpGroup(heading));
      if (name === 'nesterov') command.addOption(new Option('--no-nesterov', 'or not').helpGroup(heading));
    }
  }
  return command;
}

function recipeFlag(name: RecipeName, words: FlagWords): Option {
  if (typeof words === 'string') return new Option(flagOf(name), words);
  const [description, value, read] = words;
  const option = flag(`${flagOf(name)} ${value}`, description, RECIPE_OPTIONS[name]);
  return read === undefined ? option : option.argParser(read);
}
