import { readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';
import { rgbImage, type DecodedImage } from '@zoo/data';

import type { Explanation } from './explain';

const DRAW_HEAT_OPTIONS = {
  /** How much of the picture the colours hide, from 0 to 1; 1 draws the heat map alone. Default 0.5. */
  opacity: { type: 'number', minimum: 0, maximum: 1, default: 0.5 },
} as const satisfies OptionTable;

/** Options of {@link drawHeat}. */
export interface DrawHeatOptions extends OptionsOf<typeof DRAW_HEAT_OPTIONS> {}

/** matplotlib's 'inferno' at 0, 1/4, 1/2, 3/4 and 1: its lightness grows evenly, for eyes that tell no red from green too. */
const COLORS = [
  [0, 0, 4],
  [87, 16, 110],
  [188, 55, 84],
  [249, 142, 9],
  [252, 255, 164],
] as const;

/** Draws the heat map of an explanation over its picture: dark where nothing speaks for the class, bright where most does. */
export function drawHeat(explanation: Explanation, options: DrawHeatOptions = {}): DecodedImage {
  const { opacity } = readOptions(DRAW_HEAT_OPTIONS, options);
  const { seen } = explanation;
  const out = rgbImage(seen.height, seen.width);
  for (let y = 0, at = 0; y < seen.height; y++) {
    for (let x = 0; x < seen.width; x++) {
      const heat = heatAt(explanation, (y + 0.5) / seen.height, (x + 0.5) / seen.width);
      for (let channel = 0; channel < 3; channel++, at++) {
        const color = colorOf(heat, channel);
        out.pixels[at] = Math.round(seen.pixels[at]! * (1 - opacity) + color * opacity);
      }
    }
  }
  return out;
}

/** The heat at a place given by shares of height and width, between the four nearest values. */
function heatAt({ heat, height, width }: Explanation, down: number, right: number): number {
  const row = Math.min(Math.max(down * height - 0.5, 0), height - 1);
  const column = Math.min(Math.max(right * width - 0.5, 0), width - 1);
  const [top, left] = [Math.floor(row), Math.floor(column)];
  const [bottom, end] = [Math.min(top + 1, height - 1), Math.min(left + 1, width - 1)];
  const along = (line: number): number =>
    heat[line * width + left]! * (1 - (column - left)) + heat[line * width + end]! * (column - left);
  return along(top) * (1 - (row - top)) + along(bottom) * (row - top);
}

function colorOf(heat: number, channel: number): number {
  const place = Math.min(Math.max(heat, 0), 1) * (COLORS.length - 1);
  const lower = Math.min(Math.floor(place), COLORS.length - 2);
  const share = place - lower;
  return COLORS[lower]![channel]! * (1 - share) + COLORS[lower + 1]![channel]! * share;
}
