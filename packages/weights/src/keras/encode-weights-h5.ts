import type * as tf from '@tensorflow/tfjs';

import { addChild, groupContent, writeHdf5, type GroupContent, type Hdf5Output } from '../hdf5/write-hdf5';
import { leafLayers } from '../model/model-layers';

import { classPaths, modelLayerTree } from './class-paths';
import { weightDataset } from './encode-keras-h5';

/** Lays `model`'s weights out as Keras 3's `.weights.h5`; they are read when the pieces are asked for. */
export function encodeWeightsH5(model: tf.LayersModel): Hdf5Output {
  const root = groupContent();
  addVariables(root, 'vars', model.name);
  const weights = new Map(leafLayers(model).map((layer) => [layer.name, layer.weights]));
  for (const { path, name } of classPaths(modelLayerTree(model))) {
    const variables = addVariables(root, `${path}/vars`, name.slice(name.lastIndexOf('/') + 1));
    (weights.get(name) ?? []).forEach((weight, i) => addChild(variables, String(i), weightDataset(weight)));
  }
  return writeHdf5(root);
}

function addVariables(root: GroupContent, path: string, name: string): GroupContent {
  const group = groupContent();
  group.attributes.set('name', name);
  addChild(root, path, group);
  return group;
}
