import { html, htmlPage, type Html } from '@zoo/core/page';

import { metricCurve, type History } from '../history';

import { lineChart, type LineChart } from './line-chart';
import { REPORT_STYLE } from './report-style';

/** A run in a comparison. */
export interface ComparedRun {
  readonly name: string;
  readonly history: Pick<History, 'epochs'>;
  /** How it was set up; a row is shown where runs differ. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** Runs that have a colour of their own; the first two are the report's. */
export const MAXIMUM_RUNS = 8;

/** The style of {@link REPORT_STYLE}, and colours of further series. */
export const COMPARISON_STYLE = `${REPORT_STYLE}
.series-2 { --color: #2a9d57; } .series-3 { --color: #c2410c; } .series-4 { --color: #9333ea; }
.series-5 { --color: #0e8a9c; } .series-6 { --color: #b8860b; } .series-7 { --color: #808080; }
`;

const shortNumber = (value: number): string => `${Number(value.toPrecision(3))}`;
const percent = (value: number): string => `${Number((100 * value).toFixed(1))} %`;

const CHARTS: readonly (Omit<LineChart, 'series'> & { metric: string })[] = [
  { title: 'Validation accuracy', metric: 'valAccuracy', formatValue: percent },
  { title: 'Validation loss', metric: 'valLoss', formatValue: shortNumber, mayBeLogarithmic: true },
  { title: 'Training accuracy', metric: 'accuracy', formatValue: percent },
  { title: 'Training loss', metric: 'loss', formatValue: shortNumber, mayBeLogarithmic: true },
  { title: 'Learning rate', metric: 'learningRate', formatValue: shortNumber, include: 0 },
];

/** Curves of several runs beside each other, and the settings in which they differ, as one HTML page without scripts or outside resources. */
export function renderComparison(title: string, runs: readonly ComparedRun[]): string {
  return htmlPage({ title, summary: undefined, style: COMPARISON_STYLE, body: comparisonSections(runs) });
}

/**
 * Curves of several runs beside each other, and the settings in which they differ, as sections of a page.
 *
 * @param runs At most {@link MAXIMUM_RUNS} have a colour of their own.
 */
export function comparisonSections(runs: readonly ComparedRun[], title = 'Training'): Html[] {
  const charts = CHARTS.map(({ metric, ...chart }) =>
    // A run without the metric keeps its position, so that its colour is the same in all charts.
    lineChart({
      ...chart,
      series: runs.map(({ name, history }) => ({ name, points: metricCurve(history, metric) })),
    }),
  );
  return [
    html`<section>
      <h2>${title}</h2>
      <div class="charts">${charts}</div>
    </section>`,
    differences(runs),
  ];
}

function differences(runs: readonly ComparedRun[]): Html {
  const text = (value: unknown): string => {
    if (value === undefined) return '';
    return typeof value === 'string' ? value : JSON.stringify(value);
  };
  const names = [...new Set(runs.flatMap(({ settings = {} }) => Object.keys(settings)))];
  const differing = names.filter(
    (name) => new Set(runs.map(({ settings }) => text(settings?.[name]))).size > 1,
  );
  if (differing.length === 0) return html``;
  const row = (name: string): Html =>
    html`<tr>
      <th scope="row">${name}</th>
      ${runs.map(({ settings }) => html`<td>${text(settings?.[name])}</td>`)}
    </tr>`;
  return html`<section>
    <h2>Settings that differ</h2>
    <div class="scroll">
      <table class="settings">
        <thead>
          <tr>
            <td></td>
            ${runs.map(({ name }) => html`<th scope="col">${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${differing.map(row)}
        </tbody>
      </table>
    </div>
  </section>`;
}
