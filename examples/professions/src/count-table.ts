/**
 * Counts as a table of plain text.
 *
 * @param columns Each column's name and, for each thing that it counts, the name of its row.
 * @returns A line for the heading, one for each row and one for the sums.
 */
export function countTable(
  rowNames: readonly string[],
  columns: Readonly<Record<string, readonly string[]>>,
): string {
  const names = Object.keys(columns);
  const firstWidth = Math.max(...['class', ...rowNames].map((name) => name.length));
  const widths = names.map((name) => Math.max(5, name.length) + 2);
  const line = (first: string, cells: readonly (string | number)[]): string =>
    `${first.padEnd(firstWidth)}${cells.map((cell, index) => `${cell}`.padStart(widths[index]!)).join('')}`;
  const rows = rowNames.map((rowName) =>
    line(
      rowName,
      names.map((name) => columns[name]!.filter((counted) => counted === rowName).length),
    ),
  );
  const sums = line(
    'all',
    names.map((name) => columns[name]!.length),
  );
  return [line('class', names), ...rows, sums].join('\n');
}
