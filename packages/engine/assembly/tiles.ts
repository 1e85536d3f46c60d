/** Which function computes a tile of which kernel; the numbers are mirrored in src/wasm/kernel-number.ts. */
import { gatheredProductTile } from './convolution';
import { addTile, fillTile, reluGradientTile, reluTile } from './elementwise';
import { filterGradientTile } from './filter-gradient';
import { packFilterTile } from './pack';

export function runTile(kernel: i32, tile: i32, args: usize, scratch: usize): void {
  switch (kernel) {
    case 0:
      return packFilterTile(tile, args);
    case 1:
      return gatheredProductTile(tile, args, scratch);
    case 2:
      return filterGradientTile(tile, args, scratch);
    case 3:
      return addTile(tile, args);
    case 4:
      return reluTile(tile, args);
    case 5:
      return reluGradientTile(tile, args);
    case 6:
      return fillTile(tile, args);
  }
}
