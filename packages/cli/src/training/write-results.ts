import { join } from 'node:path';

import type * as tfl from '@tensorflow/tfjs-layers';
import { classIndexJson } from '@zoo/core';
import type { SelectedEngine } from '@zoo/engine';
import { formatConfusionMatrix, type Evaluation, type History } from '@zoo/train';
import { writeReport } from '@zoo/train/node';
import { saveLayersModel, writeFileAtomically } from '@zoo/weights/node';

import { printLine, type CommandIo } from '../command-io';
import { formatCount, formatDecimal, formatShare } from '../output/format-number';

import type { TrainSettings } from './train-options';
import { OUTPUT_FILES } from './train-settings';

/** A run that is over. */
export interface FinishedRun {
  readonly model: tfl.LayersModel;
  readonly settings: TrainSettings;
  readonly engine: SelectedEngine;
  readonly output: string;
  readonly history: History;
  /** Of the best epoch, on the validation set. */
  readonly evaluation: Evaluation;
}

/** Writes the model, the class index and the report, and prints where they are and how good the model is. */
export async function writeResults(run: FinishedRun, io: CommandIo): Promise<void> {
  const { model, output, evaluation } = run;
  const place = (name: keyof typeof OUTPUT_FILES) => join(output, OUTPUT_FILES[name]);
  await saveLayersModel(model, place('model'));
  await writeFileAtomically(place('classIndex'), classIndexJson(evaluation.classNames));
  await writeReport(place('report'), {
    title: `${run.settings.model} on ${run.settings.folder}`,
    summary: `${formatCount(model.countParams())} parameters, trained for ${run.history.epochs.length} epochs on ${run.engine.name}.`,
    history: run.history,
    evaluations: [{ name: 'Validation', evaluation }],
    settings: settingsTable(run),
  });
  printLine(io, formatConfusionMatrix(evaluation));
  printLine(io);
  printLine(io, `accuracy  ${formatShare(evaluation.accuracy)}`);
  printLine(io, `loss      ${formatDecimal(evaluation.loss)}`);
  printLine(io, `ECE       ${formatShare(evaluation.calibration.error)}`);
  printLine(io, `model     ${place('model')}`);
  printLine(io, `classes   ${place('classIndex')}`);
  printLine(io, `report    ${place('report')}`);
}

function settingsTable({ settings, engine }: FinishedRun): Record<string, string | number> {
  const rows = Object.entries(settings)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => [name, typeof value === 'object' ? JSON.stringify(value) : value]);
  return { ...(Object.fromEntries(rows) as Record<string, string | number>), engine: engine.name };
}
