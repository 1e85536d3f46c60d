import sharp from 'sharp';

import type { Emoji } from './read-emoji';

/** Pixels with opacity. */
export interface DrawnEmoji {
  /** Red, green, blue and alpha, not multiplied by it. [size, size, 4] */
  readonly pixels: Uint8Array;
  readonly size: number;
}

/** Options of {@link drawEmoji}. */
export interface DrawEmojiOptions {
  /** Height and width in pixels. */
  size: number;
  /** Width of a black line around every shape, as a share of the picture's width; 0 (the default) draws none. */
  outline?: number;
}

/** Draws an emoji without a background. */
export async function drawEmoji(emoji: Emoji, { size, outline = 0 }: DrawEmojiOptions): Promise<DrawnEmoji> {
  const pixels = await sharp(Buffer.from(svgOf(emoji, size, outline)))
    .resize(size, size)
    .ensureAlpha()
    .raw()
    .toBuffer();
  return { pixels, size };
}

/** Shapes that have a line of their own keep it; the others inherit the group's. */
function svgOf({ body, size: drawnSize }: Emoji, size: number, outline: number): string {
  const line = `stroke="#000" stroke-linejoin="round" stroke-width="${(outline * drawnSize).toFixed(3)}"`;
  const content = outline === 0 ? body : `<g ${line}>${body}</g>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${size}" height="${size}" viewBox="0 0 ${drawnSize} ${drawnSize}">${content}</svg>`;
}
