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
  /** Data sets that the model was evaluated on, the most important first. Default none. */
  evaluations: { type: 'any', default: [] } as AnyRowWithDefault<readonly NamedEvaluation[]>,
  /** How the run was set up: model, engine, seed, ... */
  settings: { type: 'any' } as AnyRow<Readonly<Record<string, string | number | boolean>>>,
} as const satisfies OptionTable;

/**
 * A report as one HTML page without scripts or outside resources.
 *
 * @param wrong For each evaluation, the wrong predictions to show.
 */
export function renderReport(
  content: ReadOptions<typeof REPORT_CONTENT>,
  wrong: readonly (readonly PicturedPrediction[])[],
): string {
  const { title, summary, history, evaluations, settings } = content;
  const sections = evaluations.map((named, index) =>
    evaluationSection(named, mostWrongSection(wrong[index] ?? [], named.evaluation.classNames)),
  );
  return htmlPage({
    title,
    summary,
    style: REPORT_STYLE,
    body: [
      ...(history === undefined ? [] : [historySection(history)]),
      ...sections,
      ...(settings === undefined ? [] : [settingsSection(settings)]),
    ],
  });
}

function settingsSection(settings: Readonly<Record<string, string | number | boolean>>): Html {
  const rows = Object.entries(settings).map(
    ([name, value]) =>
      html`<tr>
        <th scope="row">${name}</th>
        <td>${`${value}`}</td>
      </tr>`,
  );
  return html`<section>
    <h2>Run</h2>
    <div class="scroll">
      <table class="settings">
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
  </section>`;
}
