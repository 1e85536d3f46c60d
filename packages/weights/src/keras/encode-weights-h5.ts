import type * as tfl from '@tensorflow/tfjs-layers';
import { ZooError } from '@zoo/core';

import {
  addChild,
  groupContent,
  writeHdf5,
  type DatasetContent,
  type GroupContent,
  type Hdf5Output,
} from '../hdf5/write-hdf5';
import { leafLayers } from '../model/model-layers';

import { classPaths, modelLayerTree } from './class-paths';
import { putMetadata, weightDataset } from './encode-keras-h5';
import { optimizerVariables, type KerasTrainingOptions } from './encode-optimizer';

/** The variables of one layer, or of the optimizer, as a `.weights.h5` groups them. */
export interface VariableGroup {
  /** `layers/conv2d_1/vars` */
  readonly path: string;
  /** The layer's own name. */
  readonly name: string;
  readonly variables: readonly DatasetContent[];
}

/** All that a `.weights.h5` holds, in Keras' order: the model, its layers, the optimizer. */
export function variableGroups(model: tfl.LayersModel, { optimizer }: KerasTrainingOptions): VariableGroup[] {
  expectOwnWeights(model);
  const weights = new Map(leafLayers(model).map((layer) => [layer.name, layer.weights]));
  const layers = classPaths(modelLayerTree(model)).map(({ path, name }) => ({
    path: `${path}/vars`,
    name: name.slice(name.lastIndexOf('/') + 1),
    variables: (weights.get(name) ?? []).map(weightDataset),
  }));
  const groups = [{ path: 'vars', name: model.name, variables: [] }, ...layers];
  if (optimizer === undefined) return groups;
  const variables = optimizerVariables(model, optimizer).map(({ content }) => content);
  return [...groups, { path: 'optimizer/vars', name: optimizer.className.toLowerCase(), variables }];
}

/** Layers whose weights Keras puts under their cells or inner layers. */
const WITH_INNER_PARTS = [
  ...['RNN', 'SimpleRNN', 'GRU', 'LSTM', 'ConvLSTM2D', 'StackedRNNCells'],
  ...['Bidirectional', 'TimeDistributed'],
];

/** @throws ZooError 'unsupported' for layers that Keras would not find in the file. */
function expectOwnWeights(model: tfl.LayersModel): void {
  const found = leafLayers(model).filter(({ layer }) => WITH_INNER_PARTS.includes(layer.getClassName()));
  if (found.length === 0) return;
  throw new ZooError(
    'unsupported',
    `Expected layers whose weights are their own but ${found.map(({ name }) => `'${name}'`).join(', ')} keep them in cells or inner layers, ` +
      `which .keras and .weights.h5 are not written for yet. Save a legacy .h5.`,
  );
}

/** Lays `model`'s weights out as Keras 3's `.weights.h5`; they are read when the pieces are asked for. */
export function encodeWeightsH5(model: tfl.LayersModel, options: KerasTrainingOptions = {}): Hdf5Output {
  const root = groupContent();
  putMetadata(root, model);
  for (const group of variableGroups(model, options)) {
    const content = addVariableGroup(root, group);
    group.variables.forEach((variable, i) => addChild(content, String(i), variable));
  }
  return writeHdf5(root);
}

/** Makes the group of `path` in a file, with its name and no variables yet. */
export function addVariableGroup(root: GroupContent, { path, name }: VariableGroup): GroupContent {
  const group = groupContent();
  group.attributes.set('name', name);
  addChild(root, path, group);
  return group;
}
