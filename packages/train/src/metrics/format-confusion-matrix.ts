import { printable } from '@zoo/core';

import { shownClasses } from './confusion-matrix';

/**
 * A confusion matrix as a table for a terminal: a row for each true class, a column for each predicted one, the number of
 * examples in each cell and the recall at each row's end. Of more than 40 classes those without examples and answers are left out.
 *
 * @returns Lines without a line break at the end.
 */
export function formatConfusionMatrix({
  classNames: names,
  confusionMatrix: counts,
}: {
  classNames: readonly string[];
  confusionMatrix: readonly (readonly number[])[];
}): string {
  const labels = shownClasses({ confusionMatrix: counts });
  const confusionMatrix = labels.map((label) => labels.map((predicted) => counts[label]![predicted]!));
  // Names may come from untrusted files.
  const classNames = labels.map((label) => printable(names[label]!));
  const shortNames = classNames.map((name, index) => shorten(name, labels[index]!));
  const nameWidth = widest(4, classNames);
  const cellWidth =
    1 + confusionMatrix.reduce((width, row) => widest(width, row.map(String)), widest(0, shortNames));
  const header = `${'true'.padEnd(nameWidth)} ${shortNames.map((name) => name.padStart(cellWidth)).join('')}   recall`;
  const rows = confusionMatrix.map((row, label) => {
    const cells = row.map((count) => (count === 0 ? '·' : `${count}`).padStart(cellWidth)).join('');
    const support = row.reduce((sum, count) => sum + count, 0);
    const recall = support === 0 ? '      –' : `${((100 * row[label]!) / support).toFixed(1)} %`.padStart(7);
    return `${classNames[label]!.padEnd(nameWidth)} ${cells}  ${recall}`;
  });
  return [header, ...rows].join('\n');
}

/** The most letters that one of the texts has, at least `least`. A loop: a thousand classes have too many cells to be arguments of a call. */
const widest = (least: number, texts: readonly string[]): number =>
  texts.reduce((width, { length }) => Math.max(width, length), least);

/** A column's heading: the first letters, or the number where names are many. */
function shorten(name: string, index: number): string {
  return name === '' ? `${index}` : name.slice(0, 6);
}
