import * as tfl from '@tensorflow/tfjs-layers';

/** How TensorFlow.js' layers make their weights. */
export type AddWeight = (
  this: tfl.layers.Layer,
  ...args: Parameters<tfl.layers.Layer['addWeight']>
) => tfl.LayerVariable;

/**
 * Calls `build` while layers make their weights by another function: to count them, or to make none.
 *
 * Every layer, those within wrappers and recurrent cells too, asks `addWeight` of their base class, whatever its initializers are. `build`
 * is synchronous, so that nobody else's layers are met.
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
