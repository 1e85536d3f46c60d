import { html, trusted, type Html } from '@zoo/core/page';

import { NETWORKS, PANELS } from './networks';
import type { ErrorCurves } from './train-network';

const PANEL = { width: 300, height: 260 };
const PLOT = { left: 44, right: PANEL.width - 12, top: 48, bottom: PANEL.height - 40 };
const COLORS = ['#c2410c', '#1d4ed8', '#15803d'];

const STYLE = `text { font: 11px system-ui, sans-serif; fill: #444 } .title { font-size: 13px; font-weight: 600; fill: #111 }
line { stroke: #ddd } polyline { fill: none; stroke-width: 2 } .training { stroke-width: 1; stroke-dasharray: 4 2 }`;

/**
 * Training error (dashed) and test error over epochs, as the paper's figures 1 and 6 draw them, as one SVG file that needs nothing else.
 *
 * @param curves Of any of the {@link NETWORKS}; panels without one stay empty.
 */
export function errorFigure(curves: readonly ErrorCurves[]): string {
  const width = PANEL.width * PANELS.length;
  const epochs = Math.max(1, ...curves.map(({ test }) => test.length));
  const greatest = Math.max(...curves.flatMap(({ training, test }) => [...training, ...test]), 0.1);
  const scale: Scale = {
    x: (epoch) => PLOT.left + ((PLOT.right - PLOT.left) * (epoch + 1)) / epochs,
    y: (error) => PLOT.bottom - ((PLOT.bottom - PLOT.top) * error) / (Math.ceil(10 * greatest) / 10),
  };
  const marks = Array.from({ length: Math.ceil(10 * greatest) + 1 }, (_, tenth) => tenth / 10);
  const panels = PANELS.map((title, index) => {
    const names = NETWORKS.filter((network) => network.panels.includes(title)).map(({ name }) => name);
    const drawn = names.flatMap((name) => curves.filter((curve) => curve.name === name));
    return html`<g transform="translate(${index * PANEL.width} 0)">
      <text class="title" x="${PLOT.left}" y="18">${title}</text>
      ${marks.map((mark) => gridLine(mark, scale))}
      <text x="${PLOT.left}" y="${PLOT.bottom + 16}" text-anchor="middle">0</text>
      <text x="${PLOT.right}" y="${PLOT.bottom + 16}" text-anchor="end">${epochs} epochs</text>
      ${drawn.map((curve, place) => linesOf(curve, place, scale))}
    </g>`;
  });
  return `${
    html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${PANEL.height}" role="img">
      <title>Error in training (dashed) and test by epoch</title>
      <style>
        ${trusted(STYLE)}
      </style>
      <rect width="${width}" height="${PANEL.height}" fill="#fff" />
      ${panels}
    </svg>`.markup
  }\n`;
}

/** Pixels of a value. */
interface Scale {
  readonly x: (epoch: number) => number;
  readonly y: (error: number) => number;
}

function gridLine(error: number, { y }: Scale): Html {
  const at = y(error).toFixed(1);
  return html`<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${at}" y2="${at}" />
    <text x="${PLOT.left - 6}" y="${at}" dy="0.32em" text-anchor="end">${Math.round(100 * error)} %</text>`;
}

function linesOf({ name, training, test }: ErrorCurves, place: number, { x, y }: Scale): Html {
  const color = COLORS[place]!;
  const points = (errors: readonly number[]) =>
    errors.map((error, epoch) => `${x(epoch).toFixed(1)},${y(error).toFixed(1)}`).join(' ');
  return html`<g stroke="${color}">
    <polyline class="training" points="${points(training)}" />
    <polyline points="${points(test)}" />
    <text x="${PLOT.left + place * 84}" y="36" stroke="none" style="fill: ${color}">${name}</text>
  </g>`;
}
