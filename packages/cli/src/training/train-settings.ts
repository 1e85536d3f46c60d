import { ArgumentError, DEFAULT_PREPROCESSING, pickOptions, readOptions } from '@zoo/core/options';
import { CIFAR_DEPTHS, PRE_ACTIVATION_CIFAR_DEPTHS, type StemName, type VariantName } from '@zoo/resnet';

import { RULE_TABLES, type RuleName } from './recipe-options';
import { normalizationName, startingSize, type StartingNetwork } from './starting-network';
import {
  TRAIN_OPTIONS,
  type GivenSettings,
  type SizedGivenSettings,
  type TrainSettings,
  type UnsizedSettings,
} from './train-options';

/** Where `zoo train` puts things in its output folder. */
export const OUTPUT_FILES = {
  settings: 'settings.json',
  checkpoints: 'checkpoints',
  history: 'history.jsonl',
  historyTable: 'history.csv',
  events: 'events',
  model: 'model',
  classIndex: 'class_index.json',
  report: 'report.html',
  dryRun: 'dry-run.html',
} as const;

/** Names of settings that have a default. */
type Settled = {
  [Name in keyof typeof TRAIN_OPTIONS]: (typeof TRAIN_OPTIONS)[Name] extends {
    readonly default: string | number | boolean;
  }
    ? Name
    : never;
}[keyof typeof TRAIN_OPTIONS];

const defaults = (): Pick<UnsizedSettings, Settled> =>
  pickOptions(TRAIN_OPTIONS, readOptions(TRAIN_OPTIONS, {})) as Pick<UnsizedSettings, Settled>;

/** Where the command knows better than a rule that serves all networks. */
const RULE_DEFAULTS = {
  sgd: { learningRate: 0.05, weightDecay: 5e-4 },
  adamw: { weightDecay: 0.05 },
} as const;

function ruleDefaults(name: RuleName): Pick<TrainSettings, 'learningRate' | 'weightDecay'> {
  const { learningRate } = RULE_TABLES[name];
  return {
    learningRate: learningRate.default,
    weightDecay: 0,
    ...(RULE_DEFAULTS as Partial<Record<RuleName, object>>)[name],
  };
}

/** Pictures up to this size lose too much in a stem that leaves a quarter of it. */
const HALF_STEM_PIXELS = 128;

/** Networks that come in every variant. */
const OF_EVERY_VARIANT = /^resnet(10|18|34|50|101|152)$/;

const FOR_SMALL_PICTURES = [...CIFAR_DEPTHS, ...PRE_ACTIVATION_CIFAR_DEPTHS].map((depth) => `resnet${depth}`);

/** The settings of a new run: what was given, what the network to start from says, and defaults for the rest. */
export function newTrainSettings(given: SizedGivenSettings, start?: StartingNetwork): TrainSettings;
export function newTrainSettings(given: GivenSettings, start?: StartingNetwork): UnsizedSettings;
export function newTrainSettings(given: GivenSettings, start?: StartingNetwork): UnsizedSettings {
  const { optimizer = TRAIN_OPTIONS.optimizer.default, weights = null, freeze = null } = given;
  expectTrainedWeights(given);
  if (start !== undefined) expectOwnNetwork(given, start);
  const size = start === undefined ? undefined : startingSize(start);
  const {
    imageSize = size ?? [64, 64],
    model = start?.identity?.architecture ?? start?.model.name ?? 'resnet18',
  } = given;
  const { resize, aspect, cropFraction, normalization } = {
    ...DEFAULT_PREPROCESSING,
    ...start?.preprocessing,
  };
  return {
    ...defaults(),
    ...{ validation: null, referenceBatch: null },
    ...(start === undefined
      ? { ...networkDefaults(model, { imageSize }), shortcut: null }
      : structureOf(start)),
    ...{ normalization: normalizationName(normalization), resize, aspect, cropFraction },
    ...ruleDefaults(optimizer),
    ...(optimizer === 'schedule-free-adamw' && { schedule: 'constant' as const }),
    ...given,
    ...{ freeze, optimizer, model, imageSize, weights },
  };
}

/** Throws where the run needs weights that somebody has trained. */
function expectTrainedWeights({ weights, freeze, freezing, initialEpoch }: GivenSettings): void {
  if (freeze !== undefined && freezing !== undefined) {
    throw new ArgumentError(
      '--freezing',
      'no --freeze beside it',
      freeze,
      'Its first phase says what is frozen from the start.',
    );
  }
  if (weights !== undefined) return;
  if (initialEpoch !== undefined && initialEpoch > 0) {
    throw new ArgumentError(
      '--initial-epoch',
      'weights that were trained before',
      initialEpoch,
      'Give --weights too, or --resume a run.',
    );
  }
  for (const [flag, value] of [
    ['--freeze', freeze],
    ['--freezing', freezing?.find(({ frozen }) => frozen !== null)?.frozen],
  ] as const) {
    if (value === undefined) continue;
    throw new ArgumentError(
      flag,
      'weights to keep',
      value,
      'Layers that nobody has trained must not stay as they are: give --weights too.',
    );
  }
}

/** Variant, stem and shortcut of the network to start from; null where its own name says it all. */
function structureOf({ identity }: StartingNetwork): Pick<TrainSettings, 'variant' | 'stem' | 'shortcut'> {
  const { variant = null, stem = null, shortcut = null } = identity?.options ?? {};
  return { variant, stem, shortcut };
}

/** Throws where the user names another network than the weights are of. */
function expectOwnNetwork(given: GivenSettings, { identity, model }: StartingNetwork): void {
  const own = identity?.architecture ?? model.name;
  if (given.model !== undefined && given.model !== own) {
    throw new ArgumentError(
      '--model',
      `${own}, the network that the weights are of,`,
      given.model,
      'Leave --model out.',
    );
  }
  for (const name of ['variant', 'stem', 'shortcut'] as const) {
    const value = given[name];
    const theirs = identity?.options[name];
    if (value == null || theirs === undefined || value === theirs) continue;
    throw new ArgumentError(
      `--${name}`,
      `${theirs}, as the weights were trained,`,
      value,
      `Leave --${name} out.`,
    );
  }
}

/**
 * Variant and stem of a network that is trained from scratch on pictures of this size; null for the network's own.
 *
 * torchvision's variant averages its batch norms over tens of steps, where Keras' needs hundreds before it is of use.
 */
function networkDefaults(
  name: string,
  { imageSize }: Pick<TrainSettings, 'imageSize'>,
): { variant: VariantName | null; stem: StemName | null } {
  const isForSmallPictures = FOR_SMALL_PICTURES.some((ending) => name.endsWith(ending));
  return {
    variant: OF_EVERY_VARIANT.test(name) ? 'torchvision' : null,
    stem: isForSmallPictures || Math.max(...imageSize) > HALF_STEM_PIXELS ? null : 'half',
  };
}
