import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { noteLine } from '../src/command-io';
import { formatTable } from '../src/output/format-table';
import { hasColors, styled } from '../src/output/style';

import { recordedIo } from './recorded-io';

describe('formatTable', () => {
  it('gives every column one place', () => {
    expect(
      formatTable(
        [
          ['name', 'parameters'],
          ['resnet18', '1'],
          ['x', '22'],
        ],
        ['left', 'right'],
      ),
    ).toEqual(['name      parameters', 'resnet18           1', 'x                 22']);
  });

  it('never cuts a cell or leaves a space at the end of a line', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', 'b', '-'), maxLength: 6 });
    const rows = fc.array(fc.array(cell, { maxLength: 4 }), { maxLength: 5 });
    fc.assert(
      fc.property(rows, (table) => {
        const lines = formatTable(table);
        expect(lines).toHaveLength(table.length);
        lines.forEach((line, index) => {
          expect(line).toBe(line.trimEnd());
          for (const text of table[index]!) expect(line).toContain(text);
        });
      }),
    );
  });
});

describe('noteLine', () => {
  it('lets no name from a file draw on the terminal', () => {
    const io = recordedIo({ terminal: true });
    noteLine(io, '1 file in \u001b[31mpets is not read; the first is \u202egpj.exe');
    expect(io.errors()).toBe('1 file in \\u001b[31mpets is not read; the first is \\u202egpj.exe\n');
  });
});

describe('colours', () => {
  it.each([
    ['a pipe', { terminal: false }, false],
    ['a terminal', { terminal: true }, true],
    ['a terminal with NO_COLOR', { terminal: true, environment: { NO_COLOR: '1' } }, false],
    ['a terminal with an empty NO_COLOR', { terminal: true, environment: { NO_COLOR: '' } }, true],
    ['a dumb terminal', { terminal: true, environment: { TERM: 'dumb' } }, false],
    ['a pipe with FORCE_COLOR', { terminal: false, environment: { FORCE_COLOR: '1' } }, true],
    ['a terminal with FORCE_COLOR=0', { terminal: true, environment: { FORCE_COLOR: '0' } }, false],
    ['both variables', { terminal: true, environment: { NO_COLOR: '1', FORCE_COLOR: '1' } }, false],
  ])('on %s', (_, surroundings, expected) => {
    const io = recordedIo(surroundings);
    expect(hasColors(io.stdout, io)).toBe(expected);
    expect(styled('bold', 'x', io.stdout, io)).toBe(expected ? '\u001b[1mx\u001b[22m' : 'x');
  });
});
