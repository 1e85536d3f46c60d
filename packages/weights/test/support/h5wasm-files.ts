import type * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { Dataset, File, Group, ready, type LIBVER_BOUND } from 'h5wasm/node';

import { topLayers } from '../../src/model/model-layers';

/** Everything in an HDF5 file: attributes by `path@name`, datasets by path. */
export interface Hdf5Content {
  readonly attributes: Map<string, unknown>;
  readonly datasets: Map<string, { readonly shape: readonly number[]; readonly values: readonly number[] }>;
}

/** The file at `path` as the HDF5 library itself reads it. */
export async function readWithH5wasm(path: string): Promise<Hdf5Content> {
  await ready;
  const content: Hdf5Content = { attributes: new Map(), datasets: new Map() };
  const visit = (object: Group | Dataset) => {
    for (const [name, { value }] of Object.entries(object.attrs)) {
      content.attributes.set(
        `${object.path}@${name}`,
        ArrayBuffer.isView(value) ? [...(value as Float64Array)] : value,
      );
    }
    if (object instanceof Dataset) {
      content.datasets.set(object.path, {
        shape: object.shape ?? [],
        values: [...(object.value as Float32Array)],
      });
      return;
    }
    for (const name of object.keys()) {
      const child = object.get(name);
      if (!(child instanceof Group || child instanceof Dataset))
        throw new Error(`strange child of ${object.path}`);
      visit(child);
    }
  };
  const file = new File(path, 'r');
  try {
    visit(file);
  } finally {
    file.close();
  }
  return content;
}

/** How {@link writeWithH5wasm} lays datasets out. */
export interface H5wasmLayout {
  readonly libver?: LIBVER_BOUND;
  /** Chunks of at most this many elements in each dimension; whole datasets otherwise. */
  readonly chunkSize?: number;
  /** The one filter that h5wasm can set: deflate (1) or shuffle (2). */
  readonly filter?: 1 | 2;
  /** Datasets that may grow in as many of their first dimensions. */
  readonly unlimited?: number;
}

/** Writes `model`'s weights to `path` by the HDF5 library, as Keras lays them out in a legacy `.h5` of weights only. */
export async function writeWithH5wasm(
  model: tfl.LayersModel,
  path: string,
  layout: H5wasmLayout = {},
): Promise<void> {
  await ready;
  const file = new File(path, 'w', layout.libver === undefined ? {} : { libver: layout.libver });
  try {
    const layers = topLayers(model);
    putTexts(
      file,
      'layer_names',
      layers.map(({ name }) => name),
    );
    file.create_attribute('backend', 'tensorflow', []);
    file.create_attribute('keras_version', '2.11.0', []);
    for (const layer of layers) {
      const group = file.create_group(layer.name);
      putTexts(
        group,
        'weight_names',
        layer.weights.map(({ name }) => `${name}:0`),
      );
      if (layer.weights.length > 0) group.create_group(layer.name);
      for (const { name, variable } of layer.weights) {
        putDataset(group, `${name}:0`, variable.read(), layout);
      }
    }
  } finally {
    file.close();
  }
}

function putTexts(group: Group, name: string, texts: string[]): void {
  if (texts.length === 0) group.create_attribute(name, new Float64Array(0), [0]);
  else
    group.create_attribute(name, texts, [texts.length], `S${Math.max(...texts.map((text) => text.length))}`);
}

function putDataset(group: Group, name: string, tensor: tf.Tensor, layout: H5wasmLayout): void {
  const { chunkSize, filter, unlimited = 0 } = layout;
  const shape = tensor.shape;
  const chunks = chunkSize === undefined ? null : shape.map((size) => Math.min(size, chunkSize));
  const data = tensor.dataSync<'float32'>();
  group.create_dataset({
    name,
    data,
    shape,
    chunks,
    maxshape: unlimited === 0 ? null : shape.map((size, i) => (i < unlimited ? null : size)),
    ...(filter === undefined ? {} : { compression: filter, compression_opts: [4] }),
  });
}

/** A `.weights.h5` of a few kilobytes whose layers are nested `depth` deep, each group twice in the one above it. */
export async function writeGroupsInGroups(path: string, depth: number): Promise<void> {
  await ready;
  const file = new File(path, 'w');
  try {
    let layers = file.create_group('layers');
    for (let i = 0; i < depth; i++) {
      const layer = layers.create_group('a');
      layers.create_hard_link(layer.path, 'b');
      layers = layer.create_group('layers');
    }
  } finally {
    file.close();
  }
}
