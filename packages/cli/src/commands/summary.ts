import { existsSync } from 'node:fs';

import type * as tfl from '@tensorflow/tfjs-layers';
import { modelMetadata } from '@zoo/core';
import {
  createResnet,
  resnetNames,
  summary,
  type ModelSummary,
  type ShortcutOption,
  type StemName,
  type VariantName,
} from '@zoo/resnet';
import { Option, type Command } from 'commander';

import { type CommandIo, printJson, printLine } from '../command-io';
import { openModel } from '../models/open-model';
import { shippedWeights } from '../models/shipped-model';
import type { ImageSizeOption } from '../option-values';
import { formatCount } from '../output/format-number';
import { formatTable, type Alignment } from '../output/format-table';
import { withoutEngine } from '../start-engine';

import { examples, SHARED_OPTIONS } from './shared-options';

/** Declares `zoo summary`. */
export function defineSummary(command: Command, io: CommandIo): void {
  command
    .description('Shows what a model is made of: a network of the family by its name, or a saved model.')
    .argument('<model>', 'a name such as resnet50, or a saved model')
    .addOption(SHARED_OPTIONS.variant("the network's variant (default: its own)"))
    .addOption(SHARED_OPTIONS.stem('how the network begins (default: its own)'))
    .addOption(SHARED_OPTIONS.shortcut())
    .addOption(SHARED_OPTIONS.classes())
    .addOption(SHARED_OPTIONS.imageSize('input size, for a name'))
    .addOption(new Option('--layers', 'every layer instead of the stages'))
    .addOption(SHARED_OPTIONS.json())
    .addHelpText('after', examples('zoo summary resnet50', 'zoo summary runs/pictures --layers'))
    .action((model: string, options: Omit<SummaryOptions, 'model'>) => summarize({ ...options, model }, io));
}

/** Options of `zoo summary`. */
export interface SummaryOptions {
  model: string;
  variant?: VariantName;
  stem?: StemName;
  shortcut?: ShortcutOption;
  classes?: number;
  imageSize?: ImageSizeOption;
  layers?: boolean;
  json?: boolean;
}

/** Shows what a model is made of. */
export async function summarize(options: SummaryOptions, io: CommandIo): Promise<void> {
  await withoutEngine(() => summarizeModel(options, io));
}

async function summarizeModel(options: SummaryOptions, io: CommandIo): Promise<void> {
  const model = await findModel(options, io);
  try {
    const size = options.imageSize ?? modelMetadata(model)?.preprocessing?.imageSize;
    const sums = summary(model, isOpen(model) && size !== undefined ? [...size, 3] : undefined);
    if (options.json === true) printJson(io, { ...sums, layers: model.layers.map(describeLayer) });
    else if (options.layers === true) printLayers(model, sums, io);
    else printStages(sums, io);
  } finally {
    model.dispose();
  }
}

/** True if the model takes pictures of any size. */
const isOpen = (model: tfl.LayersModel): boolean => model.inputs[0]!.shape.slice(1).includes(null);

/** The network of that name, or the saved model at that path. */
async function findModel(
  { model, variant, stem, shortcut, classes, imageSize }: SummaryOptions,
  io: CommandIo,
): Promise<tfl.LayersModel> {
  const isName =
    resnetNames().includes(model) ||
    (!existsSync(model) && shippedWeights(model) === undefined && !/[./\\]/.test(model));
  if (!isName)
    return openModel(model, io, {
      ...(variant && { variant }),
      ...(stem && { stem }),
      ...(shortcut && { shortcut }),
      ...(imageSize && { imageSize }),
    });
  return createResnet(model, {
    kernelInitializer: 'zeros',
    ...(variant !== undefined && { variant }),
    ...(stem !== undefined && { stem }),
    ...(shortcut !== undefined && { shortcut }),
    ...(classes !== undefined && { classes }),
    ...(imageSize !== undefined && { inputShape: [...imageSize, 3] as const }),
  });
}

interface LayerRow {
  readonly name: string;
  readonly kind: string;
  readonly outputShape: readonly (number | null)[];
  readonly parameters: number;
}

function describeLayer(layer: tfl.layers.Layer): LayerRow {
  return {
    name: layer.name,
    kind: layer.getClassName(),
    outputShape: (layer.outputShape as (number | null)[]).slice(1),
    parameters: layer.countParams(),
  };
}

function printLayers(model: tfl.LayersModel, sums: ModelSummary, io: CommandIo): void {
  const rows = model.layers
    .map(describeLayer)
    .map(({ name, kind, outputShape, parameters }) => [
      name,
      kind,
      inWords(outputShape),
      formatCount(parameters),
    ]);
  printTable([['layer', 'kind', 'output', 'parameters'], ...rows], ['left', 'left', 'left', 'right'], io);
  printTotals(sums, io);
}

function printStages(sums: ModelSummary, io: CommandIo): void {
  const rows = sums.stages.map(
    ({ name, outputShape, parameters, multiplyAdds, activationBytes, receptiveField }) => [
      name,
      inWords(outputShape),
      formatCount(parameters),
      formatCount(multiplyAdds),
      megabytes(activationBytes),
      receptiveField === undefined ? 'all' : `${receptiveField}`,
    ],
  );
  const heading = ['stage', 'output', 'parameters', 'multiply-adds', 'activations', 'sees'];
  printTable([heading, ...rows], ['left', 'left', 'right', 'right', 'right', 'right'], io);
  printTotals(sums, io);
}

function printTable(rows: string[][], alignments: Alignment[], io: CommandIo): void {
  for (const line of formatTable(rows, alignments)) printLine(io, line);
  printLine(io);
}

function printTotals(sums: ModelSummary, io: CommandIo): void {
  const { name, parameters, trainableParameters, multiplyAdds, activationBytes } = sums;
  printLine(
    io,
    `${name}: ${formatCount(parameters)} parameters, ${formatCount(trainableParameters)} of them trainable`,
  );
  printLine(
    io,
    `one picture: ${formatCount(multiplyAdds)} multiply-adds, ${megabytes(activationBytes)} of activations`,
  );
}

const inWords = (shape: readonly (number | null)[]): string => shape.map((size) => size ?? '?').join(' x ');
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
