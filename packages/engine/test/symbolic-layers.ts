import type * as tfl from '@tensorflow/tfjs-layers';

/** What layers are applied to while a model is put together. */
export type Symbolic = tfl.SymbolicTensor;

/** The one output of a layer for symbols. */
export function apply(layer: tfl.layers.Layer, input: Symbolic | Symbolic[]): Symbolic {
  return layer.apply(input) as Symbolic;
}

/** `dispose` of TensorFlow.js leaves the weights of a layer that is called twice. */
export function disposeAll(model: tfl.LayersModel): void {
  const variables = model.weights.map((weight) => weight.read());
  model.dispose();
  variables.filter(({ isDisposed }) => !isDisposed).forEach((variable) => variable.dispose());
}
