/** A record of a CSV file, and the line that it begins on, from 1. */
export interface CsvRecord {
  readonly fields: readonly string[];
  readonly line: number;
}

/**
 * The records of CSV text as RFC 4180 has them: quoted fields may hold delimiters, line breaks and doubled quotes. Line breaks are LF,
 * CRLF or CR; a byte order mark and empty lines are passed over.
 *
 * @returns Undefined as `problem`, or what is wrong and on which line.
 */
export function parseCsv(
  text: string,
  delimiter: string,
): { records: CsvRecord[]; problem: string | undefined } {
  const records: CsvRecord[] = [];
  let fields: string[] = [];
  let line = 1;
  let begin = 1;
  let position = text.startsWith('\ufeff') ? 1 : 0;
  const endRecord = () => {
    if (fields.length > 1 || fields[0] !== '') records.push({ fields, line: begin });
    fields = [];
    begin = line;
  };
  while (position < text.length || fields.length > 0) {
    let value: string;
    if (text[position] === '"') {
      const closing = closingQuote(text, position + 1);
      if (closing === -1) return { records, problem: `a quote on line ${line} that is never closed` };
      value = text.slice(position + 1, closing);
      line += value.match(/\r\n|\r|\n/g)?.length ?? 0;
      value = value.replaceAll('""', '"');
      position = closing + 1;
    } else {
      const end = endOfField(text, position, delimiter);
      value = text.slice(position, end);
      if (value.includes('"')) return { records, problem: `a quote within a field on line ${line}` };
      position = end;
    }
    fields.push(value);
    const next = text[position];
    if (next === delimiter) {
      position++;
      continue;
    }
    if (next !== undefined && next !== '\n' && next !== '\r') {
      return { records, problem: `text after a closing quote on line ${line}` };
    }
    position += next === '\r' && text[position + 1] === '\n' ? 2 : 1;
    line++;
    endRecord();
  }
  return { records, problem: undefined };
}

function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at !== -1; at = text.indexOf('"', at + 2)) {
    if (text[at + 1] !== '"') return at;
  }
  return -1;
}

function endOfField(text: string, from: number, delimiter: string): number {
  let end = from;
  while (end < text.length && text[end] !== delimiter && text[end] !== '\n' && text[end] !== '\r') end++;
  return end;
}
