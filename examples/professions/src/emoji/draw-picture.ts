import type { Random } from '@zoo/core';
import sharp from 'sharp';

import { paste, randomCanvas } from './canvas';
import { drawEmoji } from './draw-emoji';
import type { PlannedPicture, SplitName } from './plan-pictures';

/** Height and width of the pictures: more than the network reads, for crops to choose from. */
export const CANVAS_SIZE = 80;

/** Widths of the line around shapes, as shares of the picture's width. */
const OUTLINE = [0.012, 0.035] as const;

/** The figure's size as a share of the canvas, at least; at most it fills it. Training sees small figures too. */
const SMALLEST: Readonly<Record<SplitName, number>> = {
  train: 0.4,
  validation: 0.65,
  test: 0.65,
  unseen: 0.65,
};

/** Draws a picture, at a random size and place on a random canvas, as a PNG file. */
export async function drawPicture(
  { emoji, split, outlined }: PlannedPicture,
  random: Random,
): Promise<Uint8Array> {
  const size = Math.round(CANVAS_SIZE * random.uniformBetween(SMALLEST[split], 1));
  const left = random.integer(0, CANVAS_SIZE - size);
  const top = random.integer(0, CANVAS_SIZE - size);
  const outline = outlined ? random.uniformBetween(...OUTLINE) : 0;
  const canvas = randomCanvas(CANVAS_SIZE, random);
  paste(canvas, await drawEmoji(emoji, { size, outline }), left, top);
  const raw = { width: CANVAS_SIZE, height: CANVAS_SIZE, channels: 3 } as const;
  return sharp(canvas.pixels, { raw }).png({ compressionLevel: 6, adaptiveFiltering: false }).toBuffer();
}
