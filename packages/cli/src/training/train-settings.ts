import {
  ArgumentError,
  DEFAULT_PREPROCESSING,
  type AspectMode,
  type PixelNormalization,
  type PixelNormalizationMode,
  type ResizeMethod,
} from '@zoo/core';
import type { ShortcutOption, StemName, VariantName } from '@zoo/resnet';

import type { ImageSizeOption } from '../option-values';

import { networkDefaults } from './network-defaults';
import { normalizationName, startingSize, type StartingNetwork } from './starting-network';

/** What a training run is made of: every option that has to stay the same when the run is resumed, with no default left open. */
export interface TrainSettings {
  /** The data set's folder, absolute. */
  folder: string;
  /** A folder to validate on, absolute; null for a part of the data set. */
  validation: string | null;
  validationSplit: number;
  model: string;
  /** The network's variant; null for its own. */
  variant: VariantName | null;
  /** How the network begins; null for its own. */
  stem: StemName | null;
  /** The form of shortcuts; null for the network's own. */
  shortcut: ShortcutOption | null;
  imageSize: ImageSizeOption;
  epochs: number;
  batchSize: number;
  optimizer: 'sgd' | 'adam' | 'adamw';
  learningRate: number;
  /** The batch size that the learning rate is for; null where it is for the run's own. */
  referenceBatch: number | null;
  schedule: 'cosine' | 'constant';
  weightDecay: number;
  labelSmoothing: number;
  augment: 'none' | 'flip' | 'standard' | 'strong';
  normalization: PixelNormalizationMode | PixelNormalization;
  resize: ResizeMethod;
  aspect: AspectMode;
  cropFraction: number;
  /** What becomes of pictures that can't be read. */
  onCorrupt: 'error' | 'skip';
  /** Weights to start from, an absolute path or the name of published ones; null to start from scratch. */
  weights: string | null;
  /** The last layer that is kept as it is; null trains them all. */
  freeze: string | null;
  seed: number;
}

/** Where `zoo train` puts things in its output folder. */
export const OUTPUT_FILES = {
  settings: 'settings.json',
  checkpoints: 'checkpoints',
  model: 'model',
  classIndex: 'class_index.json',
  report: 'report.html',
} as const;

const RULE_DEFAULTS = {
  sgd: { learningRate: 0.05, weightDecay: 5e-4 },
  adam: { learningRate: 1e-3, weightDecay: 0 },
  adamw: { learningRate: 1e-3, weightDecay: 0.05 },
} as const;

/** The settings of a new run: what was given, what the network to start from says, and defaults for the rest. */
export function newTrainSettings(
  given: Partial<TrainSettings> & Pick<TrainSettings, 'folder'>,
  start?: StartingNetwork,
): TrainSettings {
  const { optimizer = 'sgd', weights = null, freeze = null } = given;
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
    validation: null,
    validationSplit: 0.2,
    ...(start === undefined
      ? { ...networkDefaults(model, { imageSize }), shortcut: null }
      : structureOf(start)),
    epochs: 20,
    batchSize: 32,
    schedule: 'cosine',
    referenceBatch: null,
    labelSmoothing: 0.1,
    augment: 'standard',
    onCorrupt: 'error',
    normalization: normalizationName(normalization),
    resize,
    aspect,
    cropFraction,
    seed: 0,
    ...RULE_DEFAULTS[optimizer],
    ...given,
    freeze,
    optimizer,
    model,
    imageSize,
    weights,
  };
}

/** Variant, stem and shortcut of the network to start from; null where its own name says it all. */
function structureOf({ identity }: StartingNetwork): Pick<TrainSettings, 'variant' | 'stem' | 'shortcut'> {
  const { variant = null, stem = null, shortcut = null } = identity?.options ?? {};
  return { variant, stem, shortcut };
}

/** Throws where the user names another network than the weights are of. */
function expectOwnNetwork(given: Partial<TrainSettings>, { identity, model }: StartingNetwork): void {
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
