import { printable } from '@zoo/core';

/**
 * A confusion matrix as a table for a terminal: a row for each true class, a column for each predicted one, the number of
 * examples in each cell and the recall at each row's end.
 *
 * @returns Lines without a line break at the end.
 */
export function formatConfusionMatrix({
  classNames: names,
  confusionMatrix,
}: {
  classNames: readonly string[];
  confusionMatrix: readonly (readonly number[])[];
}): string {
  // Names may come from untrusted files.
  const classNames = names.map((name) => printable(name));
  const shortNames = classNames.map((name, index) => shorten(name, index));
  const nameWidth = Math.max(4, ...classNames.map((name) => name.length));
  const cellWidth =
    1 +
    Math.max(
      ...shortNames.map((name) => name.length),
      ...confusionMatrix.flat().map((count) => `${count}`.length),
    );
  const header = `${'true'.padEnd(nameWidth)} ${shortNames.map((name) => name.padStart(cellWidth)).join('')}   recall`;
  const rows = confusionMatrix.map((row, label) => {
    const cells = row.map((count) => (count === 0 ? '·' : `${count}`).padStart(cellWidth)).join('');
    const support = row.reduce((sum, count) => sum + count, 0);
    const recall = support === 0 ? '      –' : `${((100 * row[label]!) / support).toFixed(1)} %`.padStart(7);
    return `${classNames[label]!.padEnd(nameWidth)} ${cells}  ${recall}`;
  });
  return [header, ...rows].join('\n');
}

/** A column's heading: the first letters, or the number where names are many. */
function shorten(name: string, index: number): string {
  return name === '' ? `${index}` : name.slice(0, 6);
}
