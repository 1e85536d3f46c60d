import { html, type Html } from '@zoo/core/page';

import { formatPercent } from '../format-percent';
import type { Prediction } from '../metrics/evaluate';

/** A wrong prediction with its picture, if it could be read. */
export interface PicturedPrediction {
  readonly prediction: Prediction;
  /** A `data:` URL. */
  readonly picture: string | undefined;
  /** Where it speaks for the class that was predicted, if that is known: the picture under a heat map, a `data:` URL. */
  readonly heat?: string | undefined;
}

/** The pictures that the model was most surely wrong about. */
export function mostWrongSection(wrong: readonly PicturedPrediction[], classNames: readonly string[]): Html {
  if (wrong.length === 0)
    return html`<h3>Most wrong</h3>
      <p class="hint">Every picture was classified right.</p>`;
  const cards = wrong.map(({ prediction, picture, heat }) => {
    const { source, label, predicted, probabilities } = prediction;
    const image =
      picture === undefined
        ? html`<div class="no-picture">no picture</div>`
        : html`<img src="${picture}" alt="${classNames[label]} taken for ${classNames[predicted]}" />`;
    const explained =
      heat === undefined
        ? undefined
        : html`<img src="${heat}" alt="Heat map of where it speaks for ${classNames[predicted]}" />`;
    return html`<figure class="card">
      ${image} ${explained}
      <figcaption>
        <span class="bad">${classNames[predicted]} <b>${formatPercent(probabilities[predicted]!)}</b></span>
        <span class="good">${classNames[label]} <b>${formatPercent(probabilities[label]!)}</b></span>
        <small title="${source}">${source.split(/[/\\]/).at(-1) ?? source}</small>
      </figcaption>
    </figure>`;
  });
  return html`<h3>Most wrong</h3>
    <p class="hint">
      What the model said, above what is true, each with its
      probability.${wrong.some(({ heat }) => heat !== undefined) ? ' Below each picture: where it speaks for what was said (Grad-CAM).' : ''}
    </p>
    <div class="cards">${cards}</div>`;
}
