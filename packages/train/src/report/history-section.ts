import { html, type Html } from '@zoo/core/page';

import { formatDuration } from '../format-duration';
import { formatPercent } from '../format-percent';
import { bestEpoch, metricCurve, type EpochPhases, type History } from '../history';

import { lineChart, type Series } from './line-chart';

/** Curves of loss, accuracy and learning rate with the best epoch, and where the time went. */
export function historySection(
  history: Pick<History, 'epochs'>,
  best: number | undefined = bestEpoch(history),
): Html {
  if (history.epochs.length === 0) return html``;
  const series = (names: Readonly<Record<string, string>>): Series[] =>
    Object.entries(names)
      .map(([metric, name]) => ({ name, points: metricCurve(history, metric) }))
      .filter(({ points }) => points.length > 0);
  const mark = best === undefined ? undefined : { epoch: best, label: `best epoch: ${best + 1}` };
  const charts = [
    lineChart({
      title: 'Loss',
      series: series({ loss: 'training', valLoss: 'validation' }),
      formatValue: (value) => `${Number(value.toPrecision(3))}`,
      include: 0,
      mayBeLogarithmic: true,
      mark,
    }),
    lineChart({
      title: 'Accuracy',
      series: series({ accuracy: 'training', valAccuracy: 'validation' }),
      formatValue: (value) => `${Number((100 * value).toFixed(1))} %`,
      mark,
    }),
    lineChart({
      title: 'Learning rate',
      series: series({ learningRate: 'learning rate' }),
      formatValue: (value) => `${Number(value.toPrecision(3))}`,
      include: 0,
      mark,
    }),
  ];
  const bestWords = best === undefined ? undefined : html`<p class="hint">${bestInWords(history, best)}</p>`;
  return html`<section>
    <h2>Training</h2>
    ${bestWords}
    <div class="charts">${charts}</div>
    ${phasesTable(history)}
  </section>`;
}

function bestInWords({ epochs }: Pick<History, 'epochs'>, best: number): string {
  const { valAccuracy, valLoss } = epochs.find(({ epoch }) => epoch === best)?.metrics ?? {};
  return [
    `Best epoch: ${best + 1} of ${epochs.length}, the dashed line`,
    ...(valAccuracy === undefined ? [] : [`validation accuracy ${formatPercent(valAccuracy)}`]),
    ...(valLoss === undefined ? [] : [`validation loss ${valLoss.toFixed(3)}`]),
  ].join(', ');
}

const PHASES = {
  trainMs: 'training steps',
  dataMs: 'waiting for pictures',
  validationMs: 'validation',
} as const satisfies Record<keyof EpochPhases, string>;

function phasesTable({ epochs }: Pick<History, 'epochs'>): Html {
  const phases = epochs.flatMap((epoch) => epoch.phases ?? []);
  if (phases.length === 0) return html``;
  const names = Object.keys(PHASES) as (keyof EpochPhases)[];
  const sums = names.map((name) => ({ name, ms: phases.reduce((sum, each) => sum + each[name], 0) }));
  const total = sums.reduce((sum, { ms }) => sum + ms, 0);
  const rows = sums.map(
    ({ name, ms }) =>
      html`<tr>
        <th scope="row">${PHASES[name]}</th>
        <td>${formatDuration(ms)}</td>
        <td class="meter" style="--share:${(ms / total).toFixed(3)}">${formatPercent(ms / total)}</td>
      </tr>`,
  );
  return html`<h3>Where the time went</h3>
    <div class="scroll">
      <table class="classes">
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>`;
}
