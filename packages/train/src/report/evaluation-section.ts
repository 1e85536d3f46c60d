import { html, type Html } from '@zoo/core/page';

import { formatPercent } from '../format-percent';
import type { ClassRates } from '../metrics/class-scores';
import { MOST_TABLE_CLASSES, shownClasses, topConfusions } from '../metrics/confusion-matrix';
import type { Evaluation } from '../metrics/evaluate';

import { reliabilityDiagram } from './reliability-diagram';

/** An evaluation under the name of its data set. */
export interface NamedEvaluation {
  /** "Held-out pictures". */
  readonly name: string;
  readonly evaluation: Evaluation;
}

const SHOWN_CONFUSIONS = 10;

/** One data set's figures, confusion matrix, classes and calibration. */
export function evaluationSection({ name, evaluation }: NamedEvaluation, wrong: Html): Html {
  const labels = shownClasses(evaluation);
  // A larger matrix of counts can't be read.
  const matrix = labels.length <= MOST_TABLE_CLASSES ? confusionTable(evaluation, labels) : html``;
  return html`<section>
    <h2>${name}</h2>
    <div class="tiles">
      ${tile('accuracy', formatPercent(evaluation.accuracy))}
      ${
        evaluation.topK < evaluation.classNames.length
          ? tile(`top ${evaluation.topK}`, formatPercent(evaluation.topKAccuracy))
          : undefined
      }
      ${tile('loss', evaluation.loss.toFixed(3))}
      ${tile('ROC AUC', formatArea(evaluation.averages.macro.rocAuc))}
      ${tile('calibration error', formatPercent(evaluation.calibration.error))}
      ${tile('pictures', evaluation.exampleCount.toLocaleString('en'))}
    </div>
    <div class="beside">${matrix} ${classTable(evaluation, labels)}</div>
    <div class="beside">${reliabilityDiagram(evaluation.calibration)} ${confusionList(evaluation)}</div>
    ${wrong}
  </section>`;
}

function tile(label: string, value: string): Html {
  return html`<div class="tile"><b>${value}</b><span>${label}</span></div>`;
}

function confusionTable({ classNames, confusionMatrix }: Evaluation, labels: readonly number[]): Html {
  const heads = labels.map((label) => html`<th scope="col"><span>${classNames[label]}</span></th>`);
  const rows = labels.map((label) => {
    const row = confusionMatrix[label]!;
    const support = row.reduce((sum, count) => sum + count, 0);
    const cells = labels.map((predicted) => {
      const count = row[predicted]!;
      const share = support === 0 ? 0 : count / support;
      const title = `${count} of ${support} ${classNames[label]!} predicted as ${classNames[predicted]!}`;
      const kind = label === predicted ? 'right' : 'wrong';
      return html`<td
        class="${kind}${share > 0.55 ? ' strong' : ''}"
        style="--share:${share.toFixed(3)}"
        title="${title}"
      >
        ${count === 0 ? '' : count}
      </td>`;
    });
    return html`<tr>
      <th scope="row">${classNames[label]}</th>
      ${cells}
    </tr>`;
  });
  return html`<div>
    <h3>Confusion matrix</h3>
    <p class="hint">Rows are true classes, columns predicted ones; the shade is a cell's share of its row.</p>
    <div class="scroll">
      <table class="confusion">
        <thead>
          <tr>
            <td></td>
            ${heads}
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
  </div>`;
}

function classTable(
  { classes, averages: { macro, weighted }, exampleCount }: Evaluation,
  labels: readonly number[],
): Html {
  const row = (name: string, pictures: number, rates: ClassRates): Html =>
    html`<tr>
      <th scope="row">${name}</th>
      <td>${pictures}</td>
      ${[rates.precision, rates.recall, rates.f1].map(meter)}
      ${[rates.rocAuc, rates.averagePrecision].map((area) => html`<td>${formatArea(area)}</td>`)}
    </tr>`;
  return ratesTable(
    'Classes',
    html`<th scope="col">class</th>
      <th scope="col">pictures</th>
      <th scope="col">precision</th>
      <th scope="col">recall</th>
      <th scope="col">F1</th>
      <th scope="col" title="chance that a picture of the class is given more of it than another">ROC AUC</th>
      <th scope="col" title="average precision">AP</th>`,
    labels.map((label) => row(classes[label]!.className, classes[label]!.support, classes[label]!)),
    html`<tfoot>
      ${row('mean of the classes', exampleCount, macro)} ${row('mean by pictures', exampleCount, weighted)}
    </tfoot>`,
  );
}

function confusionList(evaluation: Evaluation): Html {
  const { classNames } = evaluation;
  const confusions = topConfusions(evaluation, SHOWN_CONFUSIONS);
  if (confusions.length === 0) return html``;
  const rows = confusions.map(
    ({ label, predicted, count, share }) =>
      html`<tr>
        <th scope="row">${classNames[label]} <small>taken for</small> ${classNames[predicted]}</th>
        <td>${count}</td>
        ${meter(share)}
      </tr>`,
  );
  return ratesTable(
    'Most confused',
    html`<th scope="col">classes</th>
      <th scope="col">pictures</th>
      <th scope="col">share of the class</th>`,
    rows,
  );
}

function ratesTable(title: string, heads: Html, rows: readonly Html[], foot?: Html): Html {
  return html`<div>
    <h3>${title}</h3>
    <div class="scroll">
      <table class="classes">
        <thead>
          <tr>
            ${heads}
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
        ${foot}
      </table>
    </div>
  </div>`;
}

function meter(share: number): Html {
  if (!Number.isFinite(share)) return html`<td>–</td>`;
  return html`<td class="meter" style="--share:${share.toFixed(3)}">${formatPercent(share)}</td>`;
}

function formatArea(area: number): string {
  return Number.isFinite(area) ? area.toFixed(3) : '–';
}
