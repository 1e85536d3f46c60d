import { basename } from 'node:path';

import { html, htmlPage, type Html } from '@zoo/core/page';
import { decodeImage, readImageFile, thumbnailUrl } from '@zoo/data/node';

import { formatShare } from './format-number';
import type { PictureAnswer, PredictionWriter } from './prediction-writer';

const THUMBNAIL_PIXELS = 240;

const STYLE = `
.cards { grid-template-columns: repeat(auto-fill, minmax(220px, 1fr)); }
.card meter { width: 100%; height: .5rem; }
.card li { list-style: none; margin-top: .35rem; }
.card ol { padding: 0; margin: .2rem 0 0; }
`;

/** A page with each picture, small, and its classes as bars; it is written when all are answered. */
export function predictionPageWriter(): PredictionWriter {
  const cards: Html[] = [];
  let failures = 0;
  return {
    head: '',
    answer: async (answer, _index, content) => {
      if ('error' in answer) failures += 1;
      cards.push(await cardOf(answer, content));
      return '';
    },
    tail: (count) => {
      const failed = failures === 0 ? '' : `; ${failures} could not be read`;
      return htmlPage({
        title: 'Predictions',
        summary: `${count} ${count === 1 ? 'picture' : 'pictures'}${failed}.`,
        style: STYLE,
        body: [html`<section><div class="cards">${cards}</div></section>`],
      });
    },
  };
}

async function cardOf(answer: PictureAnswer, content: File | undefined): Promise<Html> {
  const picture = 'error' in answer ? undefined : await thumbnailOf(answer.picture, content);
  const image =
    picture === undefined
      ? html`<div class="no-picture">no picture</div>`
      : html`<img src="${picture}" alt="${answer.picture}" loading="lazy" />`;
  const said =
    'error' in answer
      ? html`<span>${answer.error}</span>`
      : html`<ol>
          ${answer.predictions.map(
            ({ className, probability }) =>
              html`<li>
                <span>${className} <b>${formatShare(probability)}</b></span>
                <meter value="${probability}" min="0" max="1" aria-label="${className}"></meter>
              </li>`,
          )}
        </ol>`;
  return html`<figure class="card">
    ${image}
    <figcaption><small title="${answer.picture}">${basename(answer.picture)}</small>${said}</figcaption>
  </figure>`;
}

/** Undefined for a picture at an address: it is not fetched again. */
async function thumbnailOf(path: string, content: File | undefined): Promise<string | undefined> {
  if (content !== undefined) {
    return thumbnailUrl(await decodeImage(new Uint8Array(await content.arrayBuffer())), THUMBNAIL_PIXELS);
  }
  if (/^https?:/i.test(path)) return undefined;
  return thumbnailUrl(await readImageFile(path), THUMBNAIL_PIXELS);
}
