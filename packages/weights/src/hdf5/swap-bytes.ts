/** Turns big-endian numbers of `width` bytes into little-endian ones, in place. */
export function swapBytes(bytes: Uint8Array, width: number): void {
  for (let start = 0; start + width <= bytes.length; start += width) {
    bytes.subarray(start, start + width).reverse();
  }
}
