import type { AnyRow, AnyRowWithDefault, OptionTable, ReadOptions } from '@zoo/core/options';
import { html, htmlPage, type Html } from '@zoo/core/page';

import type { History } from '../history';

import { evaluationSection, type NamedEvaluation } from './evaluation-section';
import { historySection } from './history-section';
import { mostWrongSection, type PicturedPrediction } from './most-wrong-section';
import { REPORT_STYLE } from './report-style';

/** What a report shows. */
export const REPORT_CONTENT = {
  title: { type: 'text', isRequired: true },
  /** A sentence or two under the title. */
  summary: { type: 'any', expected: 'a text' } as AnyRow<string>,
  /** Curves of training. */
  history: { type: 'any' } as AnyRow<Pick<History, 'epochs'>>,
  /** The epoch of the history that the evaluated weights are of, from 0. Default: the first of the highest validation accuracy. */
  bestEpoch: { type: 'integer', minimum: 0 },
  /** Data sets that the model was evaluated on, the most important first. Default none. */
  evaluations: { type: 'any', default: [] } as AnyRowWithDefault<readonly NamedEvaluation[]>,
  /** How the run was set up: model, engine, seed, ..., shown in this order. */
  settings: { type: 'any' } as AnyRow<Readonly<Record<string, string | number | boolean>>>,
  /** What settings mean, in words, by their names. Default none. */
  meanings: { type: 'any', default: {} } as AnyRowWithDefault<Readonly<Record<string, string>>>,
} as const satisfies OptionTable;

/**
 * A report as one HTML page without scripts or outside resources.
 *
 * @param wrong For each evaluation, the wrong predictions to show.
 * @param environment What it was computed on.
 */
export function renderReport(
  content: ReadOptions<typeof REPORT_CONTENT>,
  wrong: readonly (readonly PicturedPrediction[])[],
  environment: Readonly<Record<string, string>>,
): string {
  const { title, summary, history, evaluations, settings = {}, meanings } = content;
  const sections = evaluations.map((named, index) =>
    evaluationSection(named, mostWrongSection(wrong[index] ?? [], named.evaluation.classNames)),
  );
  return htmlPage({
    title,
    summary,
    style: REPORT_STYLE,
    body: [
      ...(history === undefined ? [] : [historySection(history, content.bestEpoch)]),
      ...sections,
      table('Settings', settings, meanings),
      table('Environment', environment),
    ],
  });
}

function table(
  title: string,
  values: Readonly<Record<string, string | number | boolean>>,
  meanings: Readonly<Record<string, string>> = {},
): Html {
  const entries = Object.entries(values);
  if (entries.length === 0) return html``;
  const rows = entries.map(
    ([name, value]) =>
      html`<tr>
        <th scope="row">${name}</th>
        <td>${`${value}`}</td>
        <td class="meaning">${Object.hasOwn(meanings, name) ? meanings[name] : undefined}</td>
      </tr>`,
  );
  return html`<section>
    <h2>${title}</h2>
    <div class="scroll">
      <table class="settings">
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
  </section>`;
}
