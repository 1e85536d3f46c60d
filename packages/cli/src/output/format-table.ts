import { printable } from '@zoo/core';

/** Which side a column's text stands at. */
export type Alignment = 'left' | 'right';

/**
 * Lines of a table in plain text: columns as wide as their widest cell, two spaces between, no rules.
 *
 * @param rows Cells by row; the first row is the heading. Rows shorter than the widest end early.
 * @param alignments By column; left where none is given.
 */
export function formatTable(
  rows: readonly (readonly string[])[],
  alignments: readonly Alignment[] = [],
): string[] {
  // Cells may hold names of untrusted files.
  const table = rows.map((row) => row.map((cell) => printable(cell)));
  const columnCount = Math.max(0, ...table.map((row) => row.length));
  const widths = Array.from({ length: columnCount }, (_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  return table.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column]!;
        return alignments[column] === 'right' ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}
