import { extname } from 'node:path';

import type * as tfl from '@tensorflow/tfjs-layers';
import type { NetworkOptions } from '@zoo/classify';
import { ArgumentError } from '@zoo/core';
import { PRUNE_CHANNELS_OPTIONS, pruneChannels, type PrunedConvolution } from '@zoo/weights';
import { expectSavablePath, saveLayersModel, saveModelFile } from '@zoo/weights/node';
import { Option, type Command } from 'commander';

import { noteLine, printJson, printLine, type CommandIo } from '../command-io';
import { flag } from '../flags';
import { compareAnswers, type Comparison } from '../models/compare-answers';
import { measuredAnswers, measuredSource, printComparison, thresholdOf } from '../models/measured-pictures';
import { openModel } from '../models/open-model';
import { openNotedSet } from '../models/open-set';
import { pictureReading, type PictureReadingOptions } from '../models/picture-reading';
import { answerOf } from '../models/quantized-formats';
import { formatCount, formatShare } from '../output/format-number';
import { expectWritableFile, expectWritableFolder } from '../output/writable-folder';
import { withEngine, type EngineOptions } from '../start-engine';

import { addInferenceOptions, examples, MODEL_ARGUMENT, SHARED_OPTIONS } from './shared-options';

const { share: SHARE, multiple: MULTIPLE, importance: IMPORTANCE } = PRUNE_CHANNELS_OPTIONS;

/** Declares `zoo prune`. */
export function definePrune(command: Command, io: CommandIo): void {
  command
    .description(
      'Writes a saved model with fewer channels inside its residual blocks, which every engine computes faster, and says what that costs in accuracy. Most of it comes back by training on: zoo train --weights <output>.',
    )
    .argument('<model>', MODEL_ARGUMENT)
    .argument(
      '<output>',
      'the folder to write, for TensorFlow.js and the other commands; or a file: .keras, .h5, .weights.h5, .safetensors or .onnx',
    )
    .addOption(
      flag(
        '--share <share>',
        "which share of each convolution's channels goes, from 0 to below 1",
        SHARE,
      ).makeOptionMandatory(),
    )
    .addOption(flag('--multiple <count>', 'as many channels as a multiple of this stay', MULTIPLE))
    .addOption(
      flag(
        '--importance <name>',
        'which channels stay: those that their batch norm scales most, or those of the largest kernels',
        IMPORTANCE,
      ),
    )
    .addOption(
      new Option(
        '--data <folder>',
        'pictures in one folder per class, on which accuracy before and after is measured; or the test part of a known set: set:imagenette-160',
      ),
    );
  addInferenceOptions(command)
    .addOption(SHARED_OPTIONS.onCorrupt())
    .addHelpText(
      'after',
      examples(
        'zoo prune runs/pictures small --share 0.5 --data holdout',
        'zoo prune runs/pictures small.keras --share 0.3 --importance kernelNorm',
      ),
    )
    .action((model: string, output: string, options: Omit<PruneOptions, 'model' | 'output'>) =>
      pruneModel({ ...options, model, output }, io),
    );
}

/** Options of `zoo prune`. */
export interface PruneOptions
  extends PictureReadingOptions, Omit<NetworkOptions, 'imageSize'>, EngineOptions {
  model: string;
  output: string;
  share: number;
  multiple?: number;
  importance?: (typeof IMPORTANCE.choices)[number];
  data?: string;
  json?: boolean;
  batchSize?: number;
  onCorrupt?: 'error' | 'skip';
}

/** What was written, and what it costs. */
interface Outcome extends Partial<Comparison> {
  readonly output: string;
  readonly convolutions: readonly PrunedConvolution[];
  readonly parametersBefore: number;
  readonly parametersAfter: number;
}

/**
 * Writes a saved model with fewer channels, and measures it before and after where there are pictures.
 *
 * @throws ArgumentError for an output that can't be written, before any work is done, and for a model that no channels can go from.
 */
export async function pruneModel(options: PruneOptions, io: CommandIo): Promise<void> {
  const { output } = options;
  await expectWritable(output);
  const data = options.data === undefined ? undefined : await openNotedSet(options.data, io);
  await withEngine({ ...options, purpose: 'infer' }, io, async () => {
    const model = await openModel(options.model, io, options);
    let pruned: tfl.LayersModel | undefined;
    try {
      const convolutions: PrunedConvolution[] = [];
      const source = data && (await measuredSource(data, await pictureReading(model, options), options, io));
      pruned = await prune(model, options, convolutions);
      await save(pruned, output);
      const outcome: Outcome = {
        output,
        convolutions,
        parametersBefore: model.countParams(),
        parametersAfter: pruned.countParams(),
        ...(source &&
          compareAnswers(
            await measuredAnswers(source, answerOf(model), io),
            await measuredAnswers(source, answerOf(pruned), io),
            thresholdOf(model),
          )),
      };
      if (options.json === true) printJson(io, outcome);
      else printOutcome(outcome, io);
      if (WEIGHTS_ALONE.test(output)) noteLine(io, WEIGHTS_ALONE_NOTE);
    } finally {
      model.dispose();
      pruned?.dispose();
    }
  });
}

/** Files that hold no layers. */
const WEIGHTS_ALONE = /\.(safetensors|weights\.h5)$/i;
const WEIGHTS_ALONE_NOTE =
  'The file holds weights alone, and no network of the zoo has these channels: write a folder, .keras, .h5 or .onnx to have the layers too.';

const isFolder = (output: string): boolean => extname(output) === '';

async function expectWritable(output: string): Promise<void> {
  if (isFolder(output)) return expectWritableFolder('<output>', output);
  expectSavablePath(output, '<output>');
  return expectWritableFile('<output>', output);
}

async function save(model: tfl.LayersModel, output: string): Promise<void> {
  return isFolder(output) ? saveLayersModel(model, output) : saveModelFile(model, output);
}

async function prune(
  model: tfl.LayersModel,
  { share, multiple = MULTIPLE.default, importance = IMPORTANCE.default, model: path }: PruneOptions,
  convolutions: PrunedConvolution[],
): Promise<tfl.LayersModel> {
  const onReport = (report: readonly PrunedConvolution[]): void => void convolutions.push(...report);
  const pruned = await pruneChannels(model, { share, multiple, importance, onReport });
  if (convolutions.length > 0) return pruned;
  pruned.dispose();
  throw new ArgumentError(
    '--share',
    'a share and a --multiple by which some convolution of the model loses channels',
    share,
    `In ${path} none does: a smaller --multiple or a larger --share may help.`,
  );
}

function printOutcome(outcome: Outcome, io: CommandIo): void {
  const { output, convolutions, parametersBefore, parametersAfter } = outcome;
  const channels = (key: 'channelsBefore' | 'channelsAfter'): string =>
    formatCount(convolutions.reduce((sum, convolution) => sum + convolution[key], 0));
  printLine(io, output);
  printLine(
    io,
    `channels   ${channels('channelsBefore')} before, ${channels('channelsAfter')} after; convolutions changed: ${convolutions.length}`,
  );
  printLine(
    io,
    `parameters ${formatCount(parametersBefore)} before, ${formatCount(parametersAfter)} after: ${formatShare(parametersAfter / parametersBefore)}`,
  );
  printComparison(outcome, io);
}
