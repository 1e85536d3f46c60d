import type { DecodedImage } from './decoded-image';

/** Mirrors `image` left and right, in place. */
export function flipHorizontally(image: DecodedImage): DecodedImage {
  const { pixels, height, width } = image;
  for (let y = 0; y < height; y++) {
    let left = y * width * 3;
    let right = left + (width - 1) * 3;
    for (; left < right; left += 3, right -= 3) {
      const red = pixels[left]!;
      const green = pixels[left + 1]!;
      const blue = pixels[left + 2]!;
      pixels[left] = pixels[right]!;
      pixels[left + 1] = pixels[right + 1]!;
      pixels[left + 2] = pixels[right + 2]!;
      pixels[right] = red;
      pixels[right + 1] = green;
      pixels[right + 2] = blue;
    }
  }
  return image;
}

/** Mirrors `image` top and bottom, in place. */
export function flipVertically(image: DecodedImage): DecodedImage {
  const { pixels, height, width } = image;
  const rowBytes = width * 3;
  for (let top = 0, bottom = height - 1; top < bottom; top++, bottom--) {
    const row = pixels.slice(top * rowBytes, (top + 1) * rowBytes);
    pixels.copyWithin(top * rowBytes, bottom * rowBytes, (bottom + 1) * rowBytes);
    pixels.set(row, bottom * rowBytes);
  }
  return image;
}
