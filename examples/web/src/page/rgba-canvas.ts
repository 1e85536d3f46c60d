import type { Rgba } from '../compute/compute-types';

/** Draws pixels on a canvas, which gets their size. */
export function drawPixels(canvas: HTMLCanvasElement, { pixels, width, height }: Rgba): void {
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d')!.putImageData(new ImageData(pixels, width, height), 0, 0);
  canvas.hidden = false;
}
