import type * as tfl from '@tensorflow/tfjs-layers';

/** All layers of a model, those of models within it after the model that holds them. */
export function layersWithin(model: tfl.LayersModel): tfl.layers.Layer[] {
  return model.layers.flatMap((layer) => [
    layer,
    ...('layers' in layer ? layersWithin(layer as unknown as tfl.LayersModel) : []),
  ]);
}
