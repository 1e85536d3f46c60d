import { html, type Html } from '@zoo/core/page';

import { integerAxis, linearAxis, logarithmicAxis, type Axis } from './axis';

/** One line of a chart. */
export interface Series {
  readonly name: string;
  readonly points: readonly { readonly epoch: number; readonly value: number }[];
}

/** What {@link lineChart} draws. */
export interface LineChart {
  readonly title: string;
  readonly series: readonly Series[];
  /** A value as a mark of the axis or a tooltip says it. */
  readonly formatValue: (value: number) => string;
  /** A value that the axis has to hold beside the data's, where it is linear. */
  readonly include?: number;
  /** True for an axis that is logarithmic where all values are above 0 and the greatest is at least 100 times the least. */
  readonly mayBeLogarithmic?: boolean;
  /** An epoch to point out, from 0, and what is special about it. */
  readonly mark?: { readonly epoch: number; readonly label: string } | undefined;
}

const LOGARITHMIC_SPAN = 100;

const WIDTH = 420;
const HEIGHT = 250;
const PLOT = { left: 56, right: WIDTH - 12, top: 12, bottom: HEIGHT - 44 };

/** Lines over epochs as inline SVG, with axes, legend and a tooltip at each point; values that are no number leave a gap. */
export function lineChart({
  title,
  series,
  formatValue,
  include,
  mayBeLogarithmic = false,
  mark,
}: LineChart): Html {
  const drawn = series.map(({ name, points }) => ({
    name,
    points: points.filter(({ value }) => Number.isFinite(value)),
  }));
  const all = drawn.flatMap(({ points }) => points);
  if (all.length === 0) return html``;
  const values = all.map(({ value }) => value);
  const isLogarithmic =
    mayBeLogarithmic && least(values) > 0 && greatest(values) >= LOGARITHMIC_SPAN * least(values);
  const epochs = all.map(({ epoch }) => epoch + 1);
  const horizontal = integerAxis([least(epochs), greatest(epochs)], [PLOT.left, PLOT.right], 8);
  const shown = include === undefined || isLogarithmic ? values : [...values, include];
  const range = [least(shown), greatest(shown)] as const;
  const vertical = isLogarithmic
    ? logarithmicAxis(range, [PLOT.bottom, PLOT.top])
    : linearAxis(range, [PLOT.bottom, PLOT.top], 5);
  const marked = mark !== undefined && epochs.includes(mark.epoch + 1) ? mark : undefined;
  return html`<figure class="chart">
    <figcaption>${title}${isLogarithmic ? ', logarithmic' : ''}${legend(drawn)}</figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title} by epoch">
      ${horizontalMarks(horizontal)}${verticalMarks(vertical, formatValue)}
      <text class="label" x="${(PLOT.left + PLOT.right) / 2}" y="${HEIGHT - 6}" text-anchor="middle">
        epoch
      </text>
      ${marked && markLine(marked, horizontal)}
      ${drawn.map((line, index) => lineOf(line, index, horizontal, vertical, formatValue))}
    </svg>
  </figure>`;
}

function legend(series: readonly Series[]): Html {
  if (series.length < 2) return html``;
  const keys = series.map(({ name }, index) => html`<span><i class="key series-${index}"></i>${name}</span>`);
  return html`<span class="legend">${keys}</span>`;
}

function horizontalMarks({ ticks, at }: Axis): Html[] {
  return ticks.map(
    (tick) =>
      html`<text class="tick" x="${pixel(at(tick))}" y="${PLOT.bottom + 18}" text-anchor="middle"
        >${tick}</text
      >`,
  );
}

function verticalMarks({ ticks, at }: Axis, formatValue: (value: number) => string): Html[] {
  return ticks.map((tick) => {
    const y = pixel(at(tick));
    return html`<line class="grid" x1="${PLOT.left}" x2="${PLOT.right}" y1="${y}" y2="${y}" />
      <text class="tick" x="${PLOT.left - 8}" y="${y}" dy="0.32em" text-anchor="end"
        >${formatValue(tick)}</text
      >`;
  });
}

function markLine({ epoch, label }: { epoch: number; label: string }, { at }: Axis): Html {
  const x = pixel(at(epoch + 1));
  return html`<line class="mark" x1="${x}" x2="${x}" y1="${PLOT.top}" y2="${PLOT.bottom}"
    ><title>${label}</title></line
  >`;
}

function lineOf(
  { name, points }: Series,
  index: number,
  horizontal: Axis,
  vertical: Axis,
  formatValue: (value: number) => string,
): Html {
  const placed = points.map(({ epoch, value }) => ({
    x: pixel(horizontal.at(epoch + 1)),
    y: pixel(vertical.at(value)),
    label: `${name}, epoch ${epoch + 1}: ${formatValue(value)}`,
  }));
  const path = placed.map(({ x, y }) => `${x},${y}`).join(' ');
  // Each point appears under the pointer; a single point has no line and always shows.
  const dots = placed.map(
    ({ x, y, label }) =>
      html`<circle class="dot" cx="${x}" cy="${y}" r="${placed.length === 1 ? 3.5 : 7}"
        ><title>${label}</title></circle
      >`,
  );
  return html`<g class="series-${index}${placed.length === 1 ? ' single' : ''}"
    ><polyline points="${path}" />${dots}</g
  >`;
}

function least(values: readonly number[]): number {
  return values.reduce((left, right) => Math.min(left, right));
}

function greatest(values: readonly number[]): number {
  return values.reduce((left, right) => Math.max(left, right));
}

function pixel(value: number): number {
  return Math.round(value * 10) / 10;
}
