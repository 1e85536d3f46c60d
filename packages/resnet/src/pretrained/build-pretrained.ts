import type * as tf from '@tensorflow/tfjs';
import { PIXEL_NORMALIZATIONS, type Preprocessing, updateModelMetadata } from '@zoo/core';
import {
  loadKerasWeights,
  loadTorchWeights,
  loadWeightsFile,
  torchResnetName,
  type WeightFile,
} from '@zoo/weights';

import { publishedFile } from '#published-file';

import { isWeightsPath } from '../builder/application';
import type { Architecture } from '../builder/architecture';
import { buildResNet } from '../builder/build-resnet';
import type { PretrainedResNetOptions } from '../builder/options';
import { planOf } from '../builder/plan';

import type { PretrainedEntry } from './catalogue';
import { findEntry } from './find-entry';
import { layerNameOf } from './layer-names';

/**
 * Builds a net and gives it the values of published weights or of a file; the metadata say what pixels published ones read.
 *
 * Options are checked before anything is downloaded, and a net whose weights do not come is disposed.
 */
export async function buildPretrained(
  architecture: Architecture,
  options: PretrainedResNetOptions,
): Promise<tf.LayersModel> {
  const { weights, signal } = options;
  const common = signal === undefined ? {} : { signal };
  if (typeof weights === 'string' && isWeightsPath(weights)) {
    return filled(architecture, options, async (model) => {
      await loadWeightsFile(model, weights, common);
    });
  }
  const entry = findEntry(architecture.name, options);
  const settled = { ...options, variant: entry.variant };
  planOf(architecture, settled);
  const file = await publishedFile(entry, options);
  return filled(architecture, settled, async (model) => {
    await loadPublished(model, file, entry, common);
    updateModelMetadata(model, { preprocessing: publishedPreprocessing(entry) });
  });
}

/** How pictures are read that published weights are to classify, as far as their publisher says. */
function publishedPreprocessing(entry: PretrainedEntry): Partial<Preprocessing> {
  const { imageSize, normalization, cropFraction } = entry;
  return {
    imageSize: [imageSize, imageSize],
    normalization: PIXEL_NORMALIZATIONS[normalization],
    ...(cropFraction !== undefined && { resize: 'antialias', aspect: 'resizeCrop', cropFraction }),
  };
}

async function filled(
  architecture: Architecture,
  options: PretrainedResNetOptions,
  fill: (model: tf.LayersModel) => Promise<void>,
): Promise<tf.LayersModel> {
  const model = buildResNet(architecture, { ...options, kernelInitializer: 'zeros' });
  try {
    await fill(model);
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** Loads by name, whatever the file's publisher calls the layers. */
async function loadPublished(
  model: tf.LayersModel,
  file: WeightFile,
  { layout, variant, includeTop }: PretrainedEntry,
  common: { signal?: AbortSignal },
): Promise<void> {
  const leavesTop = includeTop && !model.layers.some(({ name }) => name === 'predictions');
  const kept = (name: string | undefined): string | undefined =>
    leavesTop && name === 'predictions' ? undefined : name;
  if (layout === 'torch') {
    const names = (name: string): string | undefined => kept(torchResnetName(name, variant === 'resnetD'));
    await loadTorchWeights(model, file, { names, ...common });
    return;
  }
  await loadKerasWeights(model, file, { rename: (name) => kept(layerNameOf(layout, name)), ...common });
}
