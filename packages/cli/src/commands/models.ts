import { resnetNames, type PretrainedEntry } from '@zoo/resnet';
import { pretrainedEntries } from '@zoo/resnet/catalogue';
import type { Command } from 'commander';

import { type CommandIo, printJson, printLine } from '../command-io';
import { PARAMETER_COUNTS } from '../models/parameter-counts';
import { formatCount } from '../output/format-number';
import { formatTable } from '../output/format-table';

import { examples, SHARED_OPTIONS } from './shared-options';

/** Declares `zoo models`. */
export function defineModels(command: Command, io: CommandIo): void {
  command
    .description('Lists the names that --model takes, with their parameters.')
    .addOption(SHARED_OPTIONS.json())
    .addHelpText('after', examples('zoo models'))
    .action((options: { json?: boolean }) => listModels(options, io));
}

/** Lists the networks of the family with their parameters, and the weights that are published for them. */
export function listModels({ json = false }: { json?: boolean }, io: CommandIo): void {
  const entries = pretrainedEntries();
  const models = resnetNames().map((name) => ({
    name,
    parameters: PARAMETER_COUNTS[name] ?? null,
    weights: entries.filter(({ architecture }) => architecture === name).map(describe),
  }));
  if (json) {
    printJson(io, models);
    return;
  }
  const networks = models.map(({ name, parameters }) => [
    name,
    parameters === null ? '–' : formatCount(parameters),
  ]);
  const weights = models
    .flatMap((model) => model.weights)
    .map(({ name, normalization, imageSize, top1, licence }) => [
      name,
      normalization,
      `${imageSize}`,
      top1 === null ? 'features' : `${top1.toFixed(1)} %`,
      licence,
    ]);
  printTable([['name', 'parameters'], ...networks], ['left', 'right'], io);
  printLine(io);
  printTable(
    [['published weights', 'normalization', 'pixels', 'ImageNet top-1', 'licence'], ...weights],
    ['left', 'left', 'right', 'right', 'left'],
    io,
  );
}

function describe({ name, normalization, imageSize, accuracy, sizeBytes, licence, url }: PretrainedEntry) {
  return {
    name,
    normalization,
    imageSize,
    top1: accuracy?.top1 ?? null,
    top5: accuracy?.top5 ?? null,
    sizeBytes: sizeBytes ?? null,
    licence,
    url,
  };
}

function printTable(rows: string[][], alignments: ('left' | 'right')[], io: CommandIo): void {
  for (const line of formatTable(rows, alignments)) printLine(io, line);
}
