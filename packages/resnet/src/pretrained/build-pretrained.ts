import type * as tfl from '@tensorflow/tfjs-layers';
import { PIXEL_NORMALIZATIONS, type Preprocessing, updateModelMetadata } from '@zoo/core';
import { pickOptions, READING_OPTIONS } from '@zoo/core/options';
import { loadWeightsFile } from '@zoo/weights';

import { publishedFile } from '#published-file';

import type { Architecture } from '../builder/architecture';
import { buildResNet } from '../builder/build-resnet';
import { isWeightsPath, planOf } from '../builder/check-options';
import { RESNET_OPTIONS, type PretrainedResNetOptions } from '../builder/options';
import { type FileNames, fillFromFile } from '../identify/fill-from-file';
import {
  evidenceOf,
  expectSettled,
  fileNames,
  identityAmong,
  type NetworkIdentity,
} from '../identify/identity';
import type { ComputingOptions } from '../identify/settle-options';

import type { PretrainedEntry } from './catalogue';
import { findEntry } from './find-entry';
import { LOADING_OPTIONS } from './loading-options';

const PRETRAINED_OPTIONS = { ...RESNET_OPTIONS, ...LOADING_OPTIONS };

/**
 * Builds a network and gives it the values of published weights or of a file; the metadata say what pixels published ones read.
 *
 * Options are checked before anything is downloaded, and a network whose weights do not come is disposed.
 */
export async function buildPretrained(
  architecture: Architecture,
  options: PretrainedResNetOptions,
): Promise<tfl.LayersModel> {
  const { weights } = options;
  const common = pickOptions(READING_OPTIONS, options);
  if (typeof weights === 'string' && isWeightsPath(weights)) {
    return buildFromFile(architecture, options, weights);
  }
  const entry = findEntry(architecture.name, options);
  const settled = { ...options, variant: entry.variant };
  planOf(architecture, settled, PRETRAINED_OPTIONS);
  const file = await publishedFile(entry, options);
  return filled(architecture, settled, async (model) => {
    await fillFromFile(model, file, publishedNames(entry), common);
    updateModelMetadata(model, { preprocessing: publishedPreprocessing(entry), licence: entry.licence });
  });
}

/** Whose names a published file uses; what the publisher keeps beside the network is left out. */
function publishedNames({ layout, includeTop }: PretrainedEntry): FileNames {
  return {
    naming: layout,
    hasTop: includeTop,
    leavesUnknown: true,
  };
}

/** How pictures are read that published weights are to classify, as far as their publisher says. */
function publishedPreprocessing(entry: PretrainedEntry): Partial<Preprocessing> {
  const { imageSize, normalization, cropFraction, resize = 'antialias' } = entry;
  return {
    imageSize: [imageSize, imageSize],
    normalization: PIXEL_NORMALIZATIONS[normalization],
    ...(cropFraction !== undefined && { resize, aspect: 'resizeCrop', cropFraction }),
  };
}

/** The variant that the caller leaves open is the file's; a file of no network of the family has to fit as it is. */
async function buildFromFile(
  architecture: Architecture,
  options: PretrainedResNetOptions,
  file: string,
): Promise<tfl.LayersModel> {
  const common = pickOptions(READING_OPTIONS, options);
  planOf(architecture, options, PRETRAINED_OPTIONS);
  const identity = identityAmong(() => [architecture], await evidenceOf(file, common));
  if (identity === undefined) {
    return filled(architecture, options, async (model) => {
      await loadWeightsFile(model, file, common);
    });
  }
  const { classes } = identity;
  const settled = {
    ...(classes !== undefined && { classes }),
    ...optionsOfFile(architecture, identity, options),
    ...options,
  };
  return filled(architecture, settled, (model) => fillFromFile(model, file, fileNames(identity), common));
}

/** What the file says of options that the caller leaves open; of what the file leaves open too, the architecture's own value. */
function optionsOfFile(
  architecture: Architecture,
  identity: NetworkIdentity,
  given: PretrainedResNetOptions,
): ComputingOptions {
  const { variant = 'keras', shortcut = 'B', stem } = architecture;
  const own: ComputingOptions = { variant, shortcut, ...(stem !== undefined && { stem }) };
  const left = identity.ambiguities.filter(
    ({ option, candidates }) => !candidates.some((candidate) => candidate === own[option]),
  );
  expectSettled({ ...identity, ambiguities: left }, given);
  const open = new Set<string>(identity.ambiguities.map(({ option }) => option));
  return Object.fromEntries(Object.entries(identity.options).filter(([option]) => !open.has(option)));
}

async function filled(
  architecture: Architecture,
  options: PretrainedResNetOptions,
  fill: (model: tfl.LayersModel) => Promise<void>,
): Promise<tfl.LayersModel> {
  const model = buildResNet(architecture, { ...options, kernelInitializer: 'zeros' }, PRETRAINED_OPTIONS);
  try {
    await fill(model);
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}
