import { dirname, resolve } from 'node:path';

import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError, modelMetadata, ZooError, type PixelNormalization } from '@zoo/core';
import { layerDecay, type FitOptions } from '@zoo/train';

import type { CommandIo } from '../command-io';
import { openModel } from '../models/open-model';
import { readTextFile } from '../read-text-file';

import { freezeUntil } from './build-model';
import { normalizationName } from './starting-network';
import type { TrainSettings, UnsizedSettings } from './train-options';
import { accumulateStepsOf, createOptimizer, createSchedule, expectBeside } from './update-rule';

/** Throws ArgumentError for settings that do not go together, before anything is opened. */
export function expectConsistent(settings: UnsizedSettings): void {
  createOptimizer(settings);
  // Whether options fit together does not depend on the number.
  createSchedule({ ...settings, batchSize: 1 }, 1);
  expectBeside('focalAlpha', 'focalGamma', settings);
  expectBeside('swaBatchNormBatches', 'swaFromEpoch', settings);
  if (settings.sampler === 'weighted') expectBeside('sampler', 'sampleWeights', settings);
  expectBeside('distillationTemperature', 'teacher', settings);
  expectBeside('distillationShare', 'teacher', settings);
}

/** The settings of a recipe as options of `fit`. */
export async function recipeOf(
  settings: TrainSettings,
  model: tfl.LayersModel,
  teacher: tfl.LayersModel | undefined,
): Promise<Partial<FitOptions>> {
  const { loss, classWeights, sampleWeights, validationFrequency, topK, recomputeActivations, onNotFinite } =
    settings;
  const { freezing, initialEpoch } = settings;
  const focal = present({ gamma: settings.focalGamma, alpha: settings.focalAlpha });
  const clipGradients = present({
    globalNorm: settings.clipNorm,
    value: settings.clipValue,
    adaptive: settings.clipAdaptive,
  });
  const averageWeights = present({
    decay: settings.emaDecay,
    fromEpoch: settings.swaFromEpoch,
    batchNormBatches: settings.swaBatchNormBatches,
  });
  const softness = present({
    temperature: settings.distillationTemperature,
    share: settings.distillationShare,
  });
  return {
    labelSmoothing: settings.labelSmoothing,
    accumulateSteps: accumulateStepsOf(settings),
    ...present({
      loss,
      classWeights,
      initialEpoch,
      validationFrequency,
      topK,
      recomputeActivations,
      onNotFinite,
    }),
    ...present({ focal, clipGradients, averageWeights }),
    ...(sampleWeights !== undefined &&
      settings.sampler !== 'weighted' && { sampleWeights: await readSampleWeights(sampleWeights) }),
    // 1, or absent from a run that an earlier version began.
    ...(((settings.layerDecay as number | undefined) ?? 1) !== 1 && {
      learningRateFactors: layerDecay(model, { factor: settings.layerDecay }),
    }),
    ...(freezing && {
      freezing: freezing.map(({ fromEpoch, frozen }) => ({
        fromEpoch,
        frozen: (each: tfl.LayersModel) => freezeUntil(each, frozen),
      })),
    }),
    ...(teacher && { distillation: { teacher, ...softness } }),
  };
}

/** The options that are given, or undefined where none is. */
function present<Options extends object>(
  options: Options,
): { [Name in keyof Options]?: NonNullable<Options[Name]> } | undefined {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return given.length === 0
    ? undefined
    : (Object.fromEntries(given) as { [Name in keyof Options]?: NonNullable<Options[Name]> });
}

/** The numbers of a file for `--sample-weights`, by the paths of pictures as the data set has them. */
export async function readSampleWeights(path: string): Promise<ReadonlyMap<string, number>> {
  let table: unknown;
  try {
    table = JSON.parse(await readTextFile(path));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new ZooError(
      'invalid-file',
      `Expected JSON in ${path} but it can't be parsed. Write {"<path of a picture>": <number>, ...}.`,
      { cause },
    );
  }
  const entries = typeof table === 'object' && table !== null ? Object.entries(table) : [];
  if (
    Array.isArray(table) ||
    entries.length === 0 ||
    entries.some(([, value]) => typeof value !== 'number')
  ) {
    throw new ZooError(
      'invalid-file',
      `Expected {"<path of a picture>": <number>, ...} in ${path} but it holds something else. Write a number for each picture.`,
    );
  }
  return new Map(entries.map(([name, value]) => [resolve(dirname(path), name), value as number]));
}

/**
 * What `--teacher` means. The caller disposes it.
 *
 * @throws ArgumentError for a network of other classes or another normalization: its answers would make no sense.
 */
export async function openTeacher(
  { teacher: place, normalization }: UnsizedSettings,
  classNames: readonly string[],
  io: CommandIo,
): Promise<tfl.LayersModel | undefined> {
  if (place === undefined) return undefined;
  const teacher = await openModel(place, io, {}, '--teacher');
  try {
    const own = modelMetadata(teacher);
    if (own?.classNames !== undefined && String(own.classNames) !== String(classNames)) {
      throw new ArgumentError(
        '--teacher',
        `a network of the classes ${classNames.join(', ')}`,
        own.classNames,
      );
    }
    const reads = own?.preprocessing?.normalization;
    if (reads !== undefined && !isSameNormalization(reads, normalization)) {
      throw new ArgumentError(
        '--teacher',
        'a network that reads pictures as the one to train',
        normalizationName(reads),
        'Give --normalization as it has it.',
      );
    }
    return teacher;
  } catch (error) {
    teacher.dispose();
    throw error;
  }
}

function isSameNormalization(reads: PixelNormalization, own: TrainSettings['normalization']): boolean {
  const named = normalizationName(reads);
  return JSON.stringify(named) === JSON.stringify(typeof own === 'string' ? own : normalizationName(own));
}
