import type * as tf from '@tensorflow/tfjs';
import { ArgumentError, nearestName } from '@zoo/core';

/**
 * Keeps the layers from the input up to the one called `name` as they are in training; `backbone` means all but the last layer
 * with weights, the head.
 *
 * @throws ArgumentError if there is no such layer; it suggests the nearest.
 */
export function freezeUntil(model: tf.LayersModel, name: string): void {
  const layers = model.layers;
  const last = name === 'backbone' ? headIndex(layers) - 1 : layers.findIndex((layer) => layer.name === name);
  if (last < 0) {
    const nearest = nearestName(name, [...layers.map((layer) => layer.name), 'backbone']);
    throw new ArgumentError(
      '--freeze',
      '`backbone` or the name of a layer',
      name,
      nearest === undefined ? 'See `zoo summary <model> --layers`.' : `Did you mean '${nearest}'?`,
    );
  }
  for (const layer of layers.slice(0, last + 1)) layer.trainable = false;
}

/** Where the last layer with weights is. */
function headIndex(layers: readonly tf.layers.Layer[]): number {
  return layers.reduce((last, layer, index) => (layer.weights.length > 0 ? index : last), -1);
}
