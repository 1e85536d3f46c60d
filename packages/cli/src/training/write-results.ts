import { join } from 'node:path';

import type * as tfl from '@tensorflow/tfjs-layers';
import { classIndexJson } from '@zoo/core';
import type { SelectedEngine } from '@zoo/engine';
import { formatConfusionMatrix, type Evaluation, type History, type MultiLabelEvaluation } from '@zoo/train';
import { writeReport } from '@zoo/train/node';
import { saveLayersModel, writeFileAtomically } from '@zoo/weights/node';

import { printLine, type CommandIo } from '../command-io';
import { environmentOf } from '../environment';
import { explainWrong } from '../models/explain-wrong';
import { formatCount, formatDecimal, formatShare } from '../output/format-number';
import { multiLabelInWords, printMultiLabel } from '../output/multi-label';

import { TRAIN_OPTIONS, type TrainSettings } from './train-options';
import { OUTPUT_FILES } from './train-settings';

/** A run that is over. */
export interface FinishedRun {
  readonly model: tfl.LayersModel;
  readonly settings: TrainSettings;
  readonly engine: SelectedEngine;
  readonly output: string;
  readonly history: History;
  /** The epoch whose weights the model has, from 0. */
  readonly bestEpoch: number;
  /** What settings mean, by their names. */
  readonly meanings: Readonly<Record<string, string>>;
  /** Of the best epoch, on the validation set. */
  readonly evaluation?: Evaluation;
  /** The same of a network that tells several classes per picture. */
  readonly multiLabel?: MultiLabelEvaluation;
}

/** Writes the model, the class index and the report, and prints where they are and how good the model is. */
export async function writeResults(run: FinishedRun, io: CommandIo): Promise<void> {
  const { model, output, evaluation, multiLabel } = run;
  const place = (name: keyof typeof OUTPUT_FILES) => join(output, OUTPUT_FILES[name]);
  await saveLayersModel(model, place('model'));
  await writeFileAtomically(place('classIndex'), classIndexJson((evaluation ?? multiLabel)!.classNames));
  await writeReport(place('report'), {
    title: `${run.settings.model} on ${run.settings.folder}`,
    summary: `${formatCount(model.countParams())} parameters, trained for ${run.history.epochs.length} epochs on ${run.engine.name}.${multiLabel === undefined ? '' : ` Several classes per picture: ${multiLabelInWords(multiLabel)}.`}`,
    history: run.history,
    bestEpoch: run.bestEpoch,
    evaluations: evaluation === undefined ? [] : [{ name: 'Validation', evaluation }],
    settings: settingsTable(run.settings),
    meanings: run.meanings,
    environment: environmentOf(run.engine),
    explainPicture: explainWrong(model),
  });
  if (evaluation !== undefined) printEvaluation(evaluation, io);
  if (multiLabel !== undefined) printMultiLabel(multiLabel, io);
  printLine(io, `model     ${place('model')}`);
  printLine(io, `classes   ${place('classIndex')}`);
  printLine(io, `report    ${place('report')}`);
}

function printEvaluation(evaluation: Evaluation, io: CommandIo): void {
  printLine(io, formatConfusionMatrix(evaluation));
  printLine(io);
  printLine(io, `accuracy  ${formatShare(evaluation.accuracy)}`);
  printLine(io, `loss      ${formatDecimal(evaluation.loss)}`);
  printLine(io, `ECE       ${formatShare(evaluation.calibration.error)}`);
}

/** The settings in the order of their table; those that the run does without are left out. */
function settingsTable(settings: TrainSettings): Record<string, string | number | boolean> {
  const names = ['folder', ...Object.keys(TRAIN_OPTIONS)] as (keyof TrainSettings)[];
  // A run that an earlier version began has fewer.
  const rows = names.flatMap((name) => {
    const value = settings[name];
    return value == null ? [] : [[name, typeof value === 'object' ? JSON.stringify(value) : value]];
  });
  return Object.fromEntries(rows) as Record<string, string | number | boolean>;
}
