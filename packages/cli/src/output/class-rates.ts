import {
  shownClasses,
  topConfusions,
  type ClassRates,
  type Evaluation,
  type MultiLabelEvaluation,
} from '@zoo/train';

import { formatShare } from './format-number';
import { formatTable } from './format-table';

const SHOWN_CONFUSIONS = 5;

/** Rates of every class and their means, and the classes that are taken for others most often, as lines for a terminal. */
export function classRates(evaluation: Evaluation): string[] {
  const { classNames } = evaluation;
  const labels = shownClasses(evaluation);
  const absent = classNames.length - labels.length;
  const confusions = topConfusions(evaluation, SHOWN_CONFUSIONS).map(({ label, predicted, count, share }) => [
    classNames[label]!,
    'taken for',
    classNames[predicted]!,
    `${count}`,
    formatShare(share),
  ]);
  return [
    ...rateTable({ ...evaluation, classes: labels.map((label) => evaluation.classes[label]!) }),
    ...(absent > 0 ? [`${absent} more classes have no pictures and are never answered`] : []),
    ...(confusions.length === 0
      ? []
      : ['', ...formatTable(confusions, ['left', 'left', 'left', 'right', 'right'])]),
  ];
}

/** Rates of every class and their means, as lines for a terminal. */
export function rateTable({
  classes,
  averages,
  exampleCount,
}: Pick<Evaluation | MultiLabelEvaluation, 'classes' | 'averages' | 'exampleCount'>): string[] {
  const row = (name: string, pictures: number, rates: ClassRates): string[] => [
    name,
    `${pictures}`,
    ...[rates.precision, rates.recall, rates.f1].map((share) => orDash(share, formatShare)),
    ...[rates.rocAuc, rates.averagePrecision].map((area) => orDash(area, (value) => value.toFixed(4))),
  ];
  return formatTable(
    [
      ['class', 'pictures', 'precision', 'recall', 'F1', 'ROC AUC', 'AP'],
      ...classes.map((scores) => row(scores.className, scores.support, scores)),
      row('mean of the classes', exampleCount, averages.macro),
      row('mean by pictures', exampleCount, averages.weighted),
    ],
    ['left', 'right', 'right', 'right', 'right', 'right', 'right'],
  );
}

function orDash(value: number, format: (value: number) => string): string {
  return Number.isNaN(value) ? '–' : format(value);
}
