import type * as tfl from '@tensorflow/tfjs-layers';
import { freeze } from '@zoo/resnet';

/**
 * Keeps the layers from the input up to a stage or layer as they are in training; `backbone` means all but the head, the last
 * layer with weights.
 *
 * @throws ArgumentError if there is no such stage or layer; it suggests the nearest.
 */
export function freezeUntil(model: tfl.LayersModel, name: string): void {
  freeze(model, name === 'backbone' ? lastOfBackbone(model) : name);
}

function lastOfBackbone({ layers }: tfl.LayersModel): string {
  const head = layers.reduce((last, layer, index) => (layer.weights.length > 0 ? index : last), -1);
  return layers[Math.max(0, head - 1)]!.name;
}
