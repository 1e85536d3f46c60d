import { ArgumentError, DEFAULT_PREPROCESSING, readOptions } from '@zoo/core/options';
import { CIFAR_DEPTHS, PRE_ACTIVATION_CIFAR_DEPTHS, type StemName, type VariantName } from '@zoo/resnet';

import { normalizationName, startingSize, type StartingNetwork } from './starting-network';
import { TRAIN_OPTIONS, type GivenSettings, type TrainSettings } from './train-options';

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
} as const;

const RULE_DEFAULTS = {
  sgd: { learningRate: 0.05, weightDecay: 5e-4 },
  adam: { learningRate: 1e-3, weightDecay: 0 },
  adamw: { learningRate: 1e-3, weightDecay: 0.05 },
} as const;

/** Pictures up to this size lose too much in a stem that leaves a quarter of it. */
const HALF_STEM_PIXELS = 128;

/** Networks that come in every variant. */
const OF_EVERY_VARIANT = /^resnet(10|18|34|50|101|152)$/;

const FOR_SMALL_PICTURES = [...CIFAR_DEPTHS, ...PRE_ACTIVATION_CIFAR_DEPTHS].map((depth) => `resnet${depth}`);

/** The settings of a new run: what was given, what the network to start from says, and defaults for the rest. */
export function newTrainSettings(given: GivenSettings, start?: StartingNetwork): TrainSettings {
  const { optimizer = TRAIN_OPTIONS.optimizer.default, weights = null, freeze = null } = given;
  if (freeze !== null && weights === null) {
    throw new ArgumentError(
      '--freeze',
      'weights to keep',
      freeze,
      'Layers that nobody has trained must not stay as they are: give --weights too.',
    );
  }
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
    ...readOptions(TRAIN_OPTIONS, {}),
    ...{ validation: null, referenceBatch: null },
    ...(start === undefined
      ? { ...networkDefaults(model, { imageSize }), shortcut: null }
      : structureOf(start)),
    ...{ normalization: normalizationName(normalization), resize, aspect, cropFraction },
    ...RULE_DEFAULTS[optimizer],
    ...given,
    ...{ freeze, optimizer, model, imageSize, weights },
  };
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
