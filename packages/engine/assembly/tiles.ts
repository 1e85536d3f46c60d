/** Which function computes a tile of which kernel; the numbers are mirrored in src/engines/wasm/kernel-number.ts. */
import { affineTile, gradientCoefficientsTile, gradientSumsTile, inputGradientTile } from './batch-norm';
import { addBlocksTile, batchMomentsTile, columnMomentsTile, columnSumsTile } from './columns';
import { gatheredProductTile } from './convolution';
import { convolution3dFilterGradientTile, convolution3dInputGradientTile } from './convolution-3d';
import { depthwiseFilterGradientTile, depthwiseInputGradientTile } from './depthwise';
import { dilationFilterGradientTile, dilationInputGradientTile, dilationTile } from './dilation';
import {
  addTile,
  clipTile,
  fillTile,
  maximumTile,
  minimumTile,
  reluGradientTile,
  reluTile,
  signTile,
} from './elementwise';
import { filterGradientTile } from './filter-gradient';
import { groupedFilterGradientTile, groupedProductTile, packGroupTile } from './grouped';
import { adamWTile, sgdTile } from './optimizer';
import { packFilterTile } from './pack';
import { averagePoolGradientTile, averagePoolTile, maxPoolGradientTile, maxPoolTile } from './pool';
import { maxPool3dGradientTile, maxPool3dTile } from './pool-3d';
import { ruleTile } from './rule';
import { sliceTile } from './slice';
import { winogradFilterGradientTile, winogradFilterTile, winogradProductTile } from './winograd';

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
    case 7:
      return columnSumsTile(tile, args);
    case 8:
      return addBlocksTile(tile, args);
    case 9:
      return columnMomentsTile(tile, args);
    case 10:
      return batchMomentsTile(tile, args);
    case 11:
      return affineTile(tile, args);
    case 12:
      return gradientSumsTile(tile, args);
    case 13:
      return gradientCoefficientsTile(tile, args);
    case 14:
      return inputGradientTile(tile, args);
    case 15:
      return maxPoolTile(tile, args);
    case 16:
      return averagePoolTile(tile, args);
    case 17:
      return maxPoolGradientTile(tile, args);
    case 18:
      return averagePoolGradientTile(tile, args);
    case 19:
      return sgdTile(tile, args);
    case 20:
      return adamWTile(tile, args);
    case 21:
      return winogradFilterTile(tile, args, scratch);
    case 22:
      return winogradProductTile(tile, args, scratch);
    case 23:
      return winogradFilterGradientTile(tile, args, scratch);
    case 24:
      return depthwiseInputGradientTile(tile, args);
    case 25:
      return depthwiseFilterGradientTile(tile, args);
    case 26:
      return clipTile(tile, args);
    case 27:
      return signTile(tile, args);
    case 28:
      return dilationTile(tile, args);
    case 29:
      return dilationInputGradientTile(tile, args);
    case 30:
      return dilationFilterGradientTile(tile, args);
    case 31:
      return maxPool3dTile(tile, args);
    case 32:
      return maxPool3dGradientTile(tile, args);
    case 33:
      return maximumTile(tile, args);
    case 34:
      return minimumTile(tile, args);
    case 35:
      return convolution3dInputGradientTile(tile, args);
    case 36:
      return convolution3dFilterGradientTile(tile, args);
    case 37:
      return sliceTile(tile, args);
    case 38:
      return packGroupTile(tile, args);
    case 39:
      return groupedProductTile(tile, args, scratch);
    case 40:
      return groupedFilterGradientTile(tile, args);
    case 41:
      return ruleTile(tile, args, scratch);
  }
}
