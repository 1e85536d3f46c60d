import { rgbImage, type DecodedImage } from '../../src/index';

/** scripts/golden/data_pictures.py, noise. */
export function noise(height: number, width: number): DecodedImage {
  let state = 1;
  const image = rgbImage(height, width);
  for (let i = 0; i < image.pixels.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    image.pixels[i] = state >>> 24;
  }
  return image;
}

/** scripts/golden/data_pictures.py, waves. */
export function waves(height: number, width: number): DecodedImage {
  const image = rgbImage(height, width);
  for (let i = 0; i < image.pixels.length; i++) {
    const pixel = Math.floor(i / 3);
    image.pixels[i] = ((pixel % width) * 9 + Math.floor(pixel / width) * 7 + (i % 3) * 60) % 256;
  }
  return image;
}
