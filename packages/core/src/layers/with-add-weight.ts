import * as tfl from '@tensorflow/tfjs-layers';

/** How TensorFlow.js' layers make their weights. */
export type AddWeight = (
  this: tfl.layers.Layer,
  ...args: Parameters<tfl.layers.Layer['addWeight']>
) => tfl.LayerVariable;

/**
 * Calls `build` while layers make their weights by another function, for example to count the weights without making any.
 *
 * Every layer, including those in wrappers and recurrent cells, calls `addWeight` of the base class. `build` is synchronous, so that no
 * other code's layers are affected.
 *
 * @param replace Gives the function, from TensorFlow.js' own.
 * @returns What `build` returns.
 */
export function withAddWeight<Result>(replace: (own: AddWeight) => AddWeight, build: () => Result): Result {
  const { prototype } = tfl.layers.Layer;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, 'addWeight')!;
  const value = replace(descriptor.value as AddWeight);
  Object.defineProperty(prototype, 'addWeight', { ...descriptor, value });
  try {
    return build();
  } finally {
    Object.defineProperty(prototype, 'addWeight', descriptor);
  }
}
