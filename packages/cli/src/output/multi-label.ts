import type { MultiLabelEvaluation } from '@zoo/train';

import { printLine, type CommandIo } from '../command-io';

import { rateTable } from './class-rates';
import { formatDecimal, formatShare } from './format-number';

/** Prints how well a network does that tells several classes per picture. */
export function printMultiLabel(evaluation: MultiLabelEvaluation, io: CommandIo): void {
  const { exampleCount, accuracy, exactMatch, averages, loss, calibration } = evaluation;
  for (const line of rateTable(evaluation)) printLine(io, line);
  printLine(io);
  printLine(io, `pictures  ${exampleCount}`);
  printLine(io, `accuracy  ${formatShare(accuracy)} of all answers, one per picture and class`);
  printLine(io, `all right ${formatShare(exactMatch)} of the pictures`);
  printLine(io, `mAP       ${formatDecimal(averages.macro.averagePrecision)}`);
  printLine(io, `loss      ${formatDecimal(loss)}`);
  printLine(io, `ECE       ${formatShare(calibration.error)}`);
}

/** The same in a line. */
export function multiLabelInWords({ accuracy, exactMatch, averages }: MultiLabelEvaluation): string {
  return `${formatShare(accuracy)} of the validation's answers are right, ${formatShare(exactMatch)} of its pictures in all classes, mAP ${formatDecimal(averages.macro.averagePrecision)}`;
}

/** The same as data for JSON. */
export function multiLabelFigures(evaluation: MultiLabelEvaluation): object {
  const { exampleCount, accuracy, exactMatch, loss, classNames, classes, averages, calibration } = evaluation;
  return {
    pictures: exampleCount,
    ...{ accuracy, exactMatch, loss, classNames, classes, averages, calibration },
  };
}
