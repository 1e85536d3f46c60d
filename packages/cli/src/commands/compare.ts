import { join } from 'node:path';

import { ArgumentError } from '@zoo/core';
import { bestEpoch, metricCurve } from '@zoo/train';
import { readHistory, writeComparison, type ComparedRun } from '@zoo/train/node';
import { Option, type Command } from 'commander';

import { noteLine, printJson, printLine, type CommandIo } from '../command-io';
import { formatDecimal, formatShare } from '../output/format-number';
import { formatTable } from '../output/format-table';
import { expectWritableFile } from '../output/writable-folder';
import { readTrainSettings } from '../training/resume-settings';
import { OUTPUT_FILES } from '../training/train-settings';

import { examples, SHARED_OPTIONS } from './shared-options';

/** Declares `zoo compare`. */
export function defineCompare(command: Command, io: CommandIo): void {
  command
    .description(
      'Holds runs of zoo train against each other: best epochs, curves, and the settings that differ.',
    )
    .argument('<runs...>', 'output folders of zoo train, 8 at most; a run may still be going on')
    .addOption(new Option('--report <file>', 'write the curves as one HTML file'))
    .addOption(SHARED_OPTIONS.json())
    .addHelpText('after', examples('zoo compare runs/sgd runs/adamw --report comparison.html'))
    .action((runs: string[], options: Omit<CompareOptions, 'runs'>) => compare({ ...options, runs }, io));
}

/** Options of `zoo compare`. */
export interface CompareOptions {
  runs: string[];
  report?: string;
  json?: boolean;
}

/**
 * Prints what each run has reached, and writes the curves of all.
 *
 * @throws ZooError `invalid-file` for a folder without a checkpoint; ArgumentError for more than 8 runs.
 */
export async function compare({ runs, report, json = false }: CompareOptions, io: CommandIo): Promise<void> {
  if (runs.length > 8) throw new ArgumentError('<runs...>', 'at most 8 runs', runs.length);
  if (report !== undefined) await expectWritableFile('--report', report);
  const compared: ComparedRun[] = [];
  for (const name of runs) {
    const settings = await readTrainSettings(name);
    const history = await readHistory(join(name, OUTPUT_FILES.checkpoints));
    compared.push({ name, history, ...(settings && { settings: { ...settings } }) });
  }
  const reached = compared.map(reachedBy);
  if (json) printJson(io, reached);
  else
    for (const line of formatTable(rowsOf(reached), ['left', 'right', 'right', 'right', 'right', 'right']))
      printLine(io, line);
  if (report === undefined) return;
  await writeComparison(report, `${runs.length} runs`, compared);
  noteLine(io, `report: ${report}`);
}

/** What a run has reached so far. */
interface Reached {
  readonly run: string;
  readonly epochs: number;
  /** Counted from 1; absent without validation, as `valAccuracy` is. */
  readonly bestEpoch?: number;
  readonly valAccuracy?: number;
  /** Of the last epoch. */
  readonly loss?: number;
  readonly durationMs: number;
}

function reachedBy({ name, history }: ComparedRun): Reached {
  const bestOf = bestEpoch(history);
  const best = metricCurve(history, 'valAccuracy').find(({ epoch }) => epoch === bestOf);
  const loss = history.epochs.at(-1)?.metrics['loss'];
  return {
    run: name,
    epochs: history.epochs.length,
    ...(best && { bestEpoch: best.epoch + 1, valAccuracy: best.value }),
    ...(loss !== undefined && { loss }),
    durationMs: history.epochs.reduce((sum, { durationMs }) => sum + durationMs, 0),
  };
}

function rowsOf(reached: readonly Reached[]): string[][] {
  return [
    ['run', 'epochs', 'best', 'val accuracy', 'last loss', 'minutes'],
    ...reached.map(({ run, epochs, bestEpoch, valAccuracy, loss, durationMs }) => [
      run,
      `${epochs}`,
      bestEpoch === undefined ? '' : `${bestEpoch}`,
      valAccuracy === undefined ? '' : formatShare(valAccuracy),
      loss === undefined ? '' : formatDecimal(loss),
      (durationMs / 60_000).toFixed(1),
    ]),
  ];
}
