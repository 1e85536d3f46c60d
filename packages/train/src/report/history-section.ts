import { html, type Html } from '@zoo/core/page';

import { metricCurve, type History } from '../history';

import { lineChart, type Series } from './line-chart';

/** Curves of loss, accuracy and learning rate. */
export function historySection(history: Pick<History, 'epochs'>): Html {
  if (history.epochs.length === 0) return html``;
  const series = (names: Readonly<Record<string, string>>): Series[] =>
    Object.entries(names)
      .map(([metric, name]) => ({ name, points: metricCurve(history, metric) }))
      .filter(({ points }) => points.length > 0);
  const charts = [
    lineChart({
      title: 'Loss',
      series: series({ loss: 'training', valLoss: 'validation' }),
      formatValue: (value) => `${Number(value.toPrecision(3))}`,
      include: 0,
    }),
    lineChart({
      title: 'Accuracy',
      series: series({ accuracy: 'training', valAccuracy: 'validation' }),
      formatValue: (value) => `${Number((100 * value).toFixed(1))} %`,
    }),
    lineChart({
      title: 'Learning rate',
      series: series({ learningRate: 'learning rate' }),
      formatValue: (value) => `${Number(value.toPrecision(3))}`,
      include: 0,
    }),
  ];
  return html`<section>
    <h2>Training</h2>
    <div class="charts">${charts}</div>
  </section>`;
}
