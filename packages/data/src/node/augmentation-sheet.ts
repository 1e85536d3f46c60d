import { createRandom, type Random } from '@zoo/core';
import { ArgumentError, printable, readOptions } from '@zoo/core/options';
import { html, htmlPage, type Html } from '@zoo/core/page';

import type { Augmentation, BatchAugmentation, PixelBatch } from '../augment/augmentation';
import { AUGMENTATION_SHEET_OPTIONS, type AugmentationSheetOptions } from '../augment/sheet-options';
import { copyImage, rgbImage, type DecodedImage } from '../image/decoded-image';
import { fitImage } from '../image/fit-image';
import { resizeImage } from '../image/resize-image';

import { jpegDataUrl } from './jpeg-data-url';

/** Changes that are drawn together on one row of a sheet. */
export interface SheetRow {
  readonly name: string;
  /** Changes of each picture, in this order. Default none. */
  readonly augment?: readonly Augmentation[];
  /** Changes of all pictures of the row, as of a batch, in this order. Default none. */
  readonly augmentBatch?: readonly BatchAugmentation[];
}

const STYLE = `
.draws { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(80px, 1fr); gap: .5rem; overflow-x: auto; }
.draws img { width: 100%; display: block; border-radius: 4px; }
.set { font: .8rem/1.4 ui-monospace, monospace; color: var(--muted); margin: 0 0 .6rem; overflow-wrap: anywhere; }
h3 { margin-bottom: 0; } section > h3:first-child { margin-top: 0; }
`;

/**
 * Draws augmentations on a contact sheet, one self-contained HTML page: each row shows its changes several times, with names and settings.
 *
 * The draws are those of a seed, as `imageBatches` draws: the same sheet every time.
 *
 * @example
 * const rows = [{ name: 'crops', augment: [randomResizedCrop()] }, { name: 'mixed', augmentBatch: [mixUp()] }];
 * await writeFile('sheet.html', await augmentationSheet([await readImageFile('dog.jpg')], rows));
 *
 * @param pictures One or more; with several, each column shows the next one.
 */
export async function augmentationSheet(
  pictures: readonly DecodedImage[],
  rows: readonly SheetRow[],
  options: AugmentationSheetOptions = {},
): Promise<string> {
  const { title, imageSize, draws, seed } = readOptions(AUGMENTATION_SHEET_OPTIONS, options);
  if (pictures.length === 0) throw new ArgumentError('pictures', 'at least one picture', pictures);
  const [height, width] = imageSize;
  const fitted = pictures
    .slice(0, draws)
    .map((picture) => fitImage(picture, height, width, { aspect: 'crop' }));
  const columns = Array.from({ length: draws }, (_, column) => fitted[column % fitted.length]!);
  const drawn: Html[] = [];
  for (const row of [{ name: 'unchanged' }, ...rows])
    drawn.push(await drawnRow(row, columns, createRandom(seed)));
  return htmlPage({
    title,
    summary: `Each drawn ${draws} times at ${height} x ${width} pixels, seed ${seed}`,
    style: STYLE,
    body: [html`<section>${drawn}</section>`],
  });
}

async function drawnRow(row: SheetRow, columns: readonly DecodedImage[], random: Random): Promise<Html> {
  const { name, augment = [], augmentBatch = [] } = row;
  const [{ height, width }] = columns as [DecodedImage];
  const changed = columns.map((picture, column) => {
    const own = random.fork('augment', 0, column);
    const image = augment.reduce(
      (before, change, place) => change.apply(before, own.fork(change.name, place), { height, width }),
      copyImage(picture),
    );
    return resizeImage(image, [height, width]);
  });
  const shown = augmentBatch.length === 0 ? changed : mixed(changed, augmentBatch, random);
  const settings = [...augment, ...augmentBatch].map(
    (change) =>
      html`<p class="set">${printable(`${change.name} ${JSON.stringify(change.settings ?? {})}`)}</p>`,
  );
  const addresses: string[] = [];
  for (const image of shown) addresses.push(await jpegDataUrl(image, 90));
  return html`<h3>${printable(name)}</h3>
    ${settings}
    <div class="draws">
      ${addresses.map((address) => html`<img src="${address}" alt="${printable(name)}" />`)}
    </div>`;
}

/** The pictures of a batch after its changes, each label one picture. */
function mixed(
  images: readonly DecodedImage[],
  changes: readonly BatchAugmentation[],
  random: Random,
): DecodedImage[] {
  const [{ height, width }] = images as [DecodedImage];
  const length = height * width * 3;
  const batch: PixelBatch = {
    images: new Float32Array(images.length * length),
    labels: new Float32Array(images.length ** 2),
    ...{ size: images.length, height, width, channels: 3, classes: images.length },
  };
  images.forEach(({ pixels }, index) => {
    batch.images.set(pixels, index * length);
    batch.labels[index * images.length + index] = 1;
  });
  changes.forEach((change, place) => {
    change.apply(batch, random.fork('augmentBatch', 0, 0, change.name, place), { epoch: 0 });
  });
  return images.map((_, index) =>
    rgbImage(
      height,
      width,
      Uint8Array.from(batch.images.subarray(index * length, (index + 1) * length), (value) =>
        Math.max(0, Math.min(255, Math.round(value))),
      ),
    ),
  );
}
