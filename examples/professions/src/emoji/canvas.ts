import type { Random } from '@zoo/core';

import type { DrawnEmoji } from './draw-emoji';

/** A picture without opacity. [size, size, 3] */
export interface Canvas {
  readonly pixels: Uint8Array;
  readonly size: number;
}

type Color = readonly [red: number, green: number, blue: number];
type Paint = (x: number, y: number) => Color;

/** A canvas with a random background: one colour, a gradient, soft clouds, or shapes on a colour. */
export function randomCanvas(size: number, random: Random): Canvas {
  const kinds = [plain, gradient, clouds, shapes];
  const paint = kinds[random.integer(0, kinds.length - 1)]!(random, size);
  const pixels = new Uint8Array(size * size * 3);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) pixels.set(paint(x, y), (y * size + x) * 3);
  }
  return { pixels, size };
}

/** Puts `figure` onto `canvas`, in place, with its left upper corner at (left, top). */
export function paste(canvas: Canvas, figure: DrawnEmoji, left: number, top: number): void {
  for (let y = 0; y < figure.size; y++) {
    for (let x = 0; x < figure.size; x++) {
      const from = (y * figure.size + x) * 4;
      const to = ((y + top) * canvas.size + x + left) * 3;
      const alpha = figure.pixels[from + 3]! / 255;
      for (let channel = 0; channel < 3; channel++) {
        const under = canvas.pixels[to + channel]!;
        canvas.pixels[to + channel] = Math.round(under + (figure.pixels[from + channel]! - under) * alpha);
      }
    }
  }
}

/** A third of the colours are pale, as paper and walls are. */
function randomColor(random: Random): Color {
  const lowest = random.uniform() < 1 / 3 ? 190 : 0;
  return [random.integer(lowest, 255), random.integer(lowest, 255), random.integer(lowest, 255)];
}

function plain(random: Random): Paint {
  const color = randomColor(random);
  return () => color;
}

function gradient(random: Random, size: number): Paint {
  const [from, to] = [randomColor(random), randomColor(random)];
  const angle = random.uniformBetween(0, 2 * Math.PI);
  const [dx, dy] = [Math.cos(angle) / size, Math.sin(angle) / size];
  const middle = (size - 1) / 2;
  return (x, y) => blend(from, to, 0.5 + ((x - middle) * dx + (y - middle) * dy) / Math.SQRT2);
}

const CLOUD_CELLS = 6;

/** A coarse grid of two colours' mixtures, interpolated. */
function clouds(random: Random, size: number): Paint {
  const [from, to] = [randomColor(random), randomColor(random)];
  const side = CLOUD_CELLS + 1;
  const grid = Array.from({ length: side * side }, () => random.uniform());
  return (x, y) => {
    const [column, row] = [(x / size) * CLOUD_CELLS, (y / size) * CLOUD_CELLS];
    const [left, top] = [Math.floor(column), Math.floor(row)];
    const at = (dx: number, dy: number): number => grid[(top + dy) * side + left + dx]!;
    const upper = at(0, 0) + (at(1, 0) - at(0, 0)) * (column - left);
    const lower = at(0, 1) + (at(1, 1) - at(0, 1)) * (column - left);
    return blend(from, to, upper + (lower - upper) * (row - top));
  };
}

/** Discs of several colours on another one. */
function shapes(random: Random, size: number): Paint {
  const ground = randomColor(random);
  const discs = Array.from({ length: random.integer(3, 8) }, () => ({
    x: random.uniformBetween(0, size),
    y: random.uniformBetween(0, size),
    radius: random.uniformBetween(0.05, 0.35) * size,
    color: randomColor(random),
  }));
  return (x, y) =>
    discs.find((disc) => (x - disc.x) ** 2 + (y - disc.y) ** 2 < disc.radius ** 2)?.color ?? ground;
}

function blend(from: Color, to: Color, share: number): Color {
  const mix = (channel: 0 | 1 | 2): number =>
    Math.round(from[channel] + (to[channel] - from[channel]) * share);
  return [mix(0), mix(1), mix(2)];
}
