import type { PixelNormalizationMode } from '@zoo/core';
import type { StemName, VariantName } from '@zoo/resnet';

import { publishedEntry } from '../models/published-model';
import type { ImageSizeOption } from '../option-values';

import { networkDefaults } from './network-defaults';

/** What a training run is made of: every option that has to stay the same when the run is resumed, with no default left open. */
export interface TrainSettings {
  /** The data set's folder, absolute. */
  folder: string;
  /** A folder to validate on, absolute; null for a part of the data set. */
  validation: string | null;
  validationSplit: number;
  model: string;
  /** The network's flavour; null for its own. */
  variant: VariantName | null;
  /** How the network begins; null for its own. */
  stem: StemName | null;
  imageSize: ImageSizeOption;
  epochs: number;
  batchSize: number;
  optimizer: 'sgd' | 'adam' | 'adamw';
  learningRate: number;
  schedule: 'cosine' | 'constant';
  weightDecay: number;
  labelSmoothing: number;
  augment: 'none' | 'flip' | 'standard' | 'strong';
  normalization: PixelNormalizationMode;
  resize: 'antialias' | 'bilinear' | 'nearest' | 'area';
  aspect: 'stretch' | 'crop' | 'pad';
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

/** The settings of a new run: what was given, and defaults for the rest. */
export function newTrainSettings(
  given: Partial<TrainSettings> & Pick<TrainSettings, 'folder'>,
): TrainSettings {
  const { optimizer = 'sgd', weights = null } = given;
  const published = weights === null ? undefined : publishedEntry(weights);
  const {
    architecture = 'resnet18',
    normalization = 'torch',
    imageSize: publishedSize = 64,
  } = published ?? {};
  const { model = architecture, imageSize = [publishedSize, publishedSize] } = given;
  return {
    validation: null,
    validationSplit: 0.2,
    ...networkDefaults(model, { imageSize, weights }),
    ...(published && { variant: published.variant }),
    epochs: 20,
    batchSize: 32,
    schedule: 'cosine',
    labelSmoothing: 0.1,
    augment: 'standard',
    normalization,
    resize: 'antialias',
    aspect: 'stretch',
    freeze: null,
    seed: 0,
    ...RULE_DEFAULTS[optimizer],
    ...given,
    optimizer,
    model,
    imageSize,
    weights,
  };
}
