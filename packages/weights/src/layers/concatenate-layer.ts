import type * as tfl from '@tensorflow/tfjs-layers';
import { memoize } from '@zoo/core';

import { stockClass, type LayerClass } from './stock-class';

/**
 * `Concatenate` along a negative axis other than the last, which the stock layer takes for the last. It counts the axis from the first
 * one once it knows its inputs, and is the stock layer then.
 */
export const zooConcatenate = memoize((): LayerClass => {
  return class ZooConcatenate extends stockClass<{ axis: number }>('Concatenate') {
    static className = 'ZooConcatenate';

    override build(inputShape: tfl.Shape | tfl.Shape[]): void {
      if (this.axis < 0) this.axis += (inputShape as tfl.Shape[])[0]!.length;
      super.build(inputShape);
    }

    override getClassName(): string {
      return this.axis < 0 ? super.getClassName() : 'Concatenate';
    }
  };
});
