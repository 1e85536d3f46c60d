import { html, type Html } from '@zoo/core/page';

import { formatPercent } from '../format-percent';
import type { Calibration } from '../metrics/calibration';

const SIDE = 250;
const PLOT = { left: 44, right: SIDE - 14, top: 8, bottom: SIDE - 40 };
const MARKS = [0, 0.25, 0.5, 0.75, 1];

const across = (share: number): number => round(PLOT.left + share * (PLOT.right - PLOT.left));
const up = (share: number): number => round(PLOT.bottom - share * (PLOT.bottom - PLOT.top));

/** Accuracy over confidence in bars, as inline SVG, with the line on which a model is as often right as it says. */
export function reliabilityDiagram({ error, bins }: Calibration): Html {
  if (bins.every(({ count }) => count === 0)) return html``;
  const bars = bins
    .filter(({ count }) => count > 0)
    .map(({ from, to, count, confidence, accuracy }) => {
      const title = `${count} answers at ${formatPercent(confidence)} on average, ${formatPercent(accuracy)} right`;
      // A bar of height 0 has to be seen too.
      const top = Math.min(up(accuracy), PLOT.bottom - 2);
      return html`<rect
        class="bar"
        x="${across(from) + 1}"
        y="${top}"
        width="${round(across(to) - across(from) - 2)}"
        height="${round(PLOT.bottom - top)}"
        ><title>${title}</title></rect
      >`;
    });
  return html`<figure class="chart reliability">
    <figcaption>Calibration</figcaption>
    <p class="hint">
      How often answers are right, by how sure they are; on the line where both agree. The mean distance from
      it is the calibration error: ${formatPercent(error)}.
    </p>
    <svg viewBox="0 0 ${SIDE} ${SIDE}" role="img" aria-label="Accuracy by confidence">
      ${MARKS.map(
        (mark) =>
          html`<line class="grid" x1="${PLOT.left}" x2="${PLOT.right}" y1="${up(mark)}" y2="${up(mark)}" />
            <text class="tick" x="${PLOT.left - 6}" y="${up(mark)}" dy="0.32em" text-anchor="end"
              >${100 * mark} %</text
            >
            <text class="tick" x="${across(mark)}" y="${PLOT.bottom + 16}" text-anchor="middle"
              >${100 * mark}</text
            >`,
      )}
      ${bars}
      <line class="mark" x1="${across(0)}" y1="${up(0)}" x2="${across(1)}" y2="${up(1)}" />
      <text class="label" x="${(PLOT.left + PLOT.right) / 2}" y="${SIDE - 4}" text-anchor="middle">
        confidence in %
      </text>
    </svg>
  </figure>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
