import { formatPredictions } from '@zoo/core';

import type { PictureAnswer, PredictionFormat, PredictionWriter } from './prediction-writer';

/**
 * A writer of one format: `table` for people; `csv` with a row a class (RFC 4180); `json`, one list; `jsonl`, one object a line; `html`, a page
 * with the pictures.
 *
 * @param isSingle True if one picture was asked for by its name: the table then leaves the name out.
 */
export async function predictionWriter(
  format: PredictionFormat,
  isSingle: boolean,
): Promise<PredictionWriter> {
  switch (format) {
    case 'table':
      return { head: '', answer: (answer, index) => tableText(answer, index, isSingle), tail: () => '' };
    case 'csv':
      return { head: 'picture,rank,class,probability\n', answer: csvRows, tail: () => '' };
    case 'jsonl':
      return { head: '', answer: (answer) => `${JSON.stringify(answer)}\n`, tail: () => '' };
    case 'html':
      return (await import('./prediction-page')).predictionPageWriter();
    case 'json':
      return {
        head: '[',
        answer: (answer, index) =>
          `${index === 0 ? '' : ','}\n${JSON.stringify(answer, undefined, 2).replace(/^/gm, '  ')}`,
        tail: (count) => (count === 0 ? ']\n' : '\n]\n'),
      };
  }
}

function tableText(answer: PictureAnswer, index: number, isSingle: boolean): string {
  if ('error' in answer) return '';
  const name = isSingle ? '' : `${index === 0 ? '' : '\n'}${answer.picture}\n`;
  return `${name}${formatPredictions(answer.predictions)}\n`;
}

function csvRows(answer: PictureAnswer): string {
  if ('error' in answer) return '';
  return answer.predictions
    .map(({ className, probability }, index) =>
      [answer.picture, index + 1, className, probability].map(csvField).join(','),
    )
    .map((row) => `${row}\n`)
    .join('');
}

function csvField(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
