import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';

import { buildModel } from '../architecture/build-model';
import { isJsonObject } from '../architecture/json-object';
import { modelTopology } from '../architecture/model-topology';
import { parseModel } from '../architecture/parse-model';
import { WeightBudget } from '../architecture/weight-budget';
import { isContainer, modelWeights } from '../model/model-layers';
import type { HostTensor } from '../tensor-data';

/** A model as plain data for `structuredClone` and `postMessage`, from which another thread builds the same model. */
export interface ModelParts {
  /** The architecture, as model.json has it. */
  readonly topology: unknown;
  /** The model's user-defined metadata, `@zoo/core`'s among it; undefined where it has none. */
  readonly metadata: unknown;
  /** Which layers are frozen, by their place: the model itself, then its layers, those of nested models behind each. */
  readonly layersTrainable: readonly boolean[];
  /** All weights by name, those of `modelWeights`; the arrays are no one else's, so that they may be transferred. */
  readonly weights: ReadonlyMap<string, PartOfModel>;
}

/** A weight of {@link ModelParts}. */
export interface PartOfModel extends HostTensor<Float32Array | Int32Array> {
  readonly isTrainable: boolean;
}

/** How long reading and filling weights may keep a thread, before others have their turn. */
const SLICE_MS = 8;

/** Describes `model` as plain data; the model stays as it is. The call pauses regularly, so that it does not block a page. */
export async function modelParts(model: tfl.LayersModel): Promise<ModelParts> {
  const slices = createSlices();
  const weights = new Map<string, PartOfModel>();
  for (const { name, variable } of modelWeights(model)) {
    const values = (await variable.read().data()) as Float32Array | Int32Array;
    weights.set(name, {
      shape: variable.shape as number[],
      values: values.slice(),
      isTrainable: variable.trainable,
    });
    await slices.pause();
  }
  const metadata: unknown = model.getUserDefinedMetadata();
  return {
    topology: modelTopology(model),
    metadata: metadata == null ? undefined : structuredClone(metadata),
    layersTrainable: flagged(model).map(({ trainable }) => trainable),
    weights,
  };
}

/**
 * Builds the model that {@link modelParts} described: the same layers, names, weights, frozen layers and metadata.
 *
 * @returns The model, the caller's.
 * @throws ZooError 'engine-unavailable' before an engine is started, 'unsupported' for layers that are neither TensorFlow.js' nor the
 *   zoo's.
 */
export async function modelFromParts(parts: ModelParts): Promise<tfl.LayersModel> {
  const fileName = 'the model';
  const elements = [...parts.weights.values()].reduce((total, { values }) => total + values.length, 0);
  const spec = parseModel(parts.topology, { fileName, kerasMajor: 2 });
  const model = buildModel(spec, { fileName, budget: new WeightBudget(fileName, elements) });
  const slices = createSlices();
  const weights = modelWeights(model);
  for (const { name, variable } of weights) {
    const { shape, values } = parts.weights.get(name)!;
    // Not by `write`, which would apply the weight's constraint once more.
    const own = variable.read() as unknown as tf.Variable;
    tf.tidy(() => own.assign(tf.tensor(values, [...shape], own.dtype as 'float32')));
    await slices.pause();
  }
  // Layers first: setting one sets its weights, which may differ from it.
  flagged(model).forEach((layer, place) => (layer.trainable = parts.layersTrainable[place]!));
  for (const { name, variable } of weights) variable.trainable = parts.weights.get(name)!.isTrainable;
  if (isJsonObject(parts.metadata)) model.setUserDefinedMetadata({ ...parts.metadata });
  return model;
}

/** The model and all layers below it, in the order of {@link ModelParts.layersTrainable}. */
function flagged(layer: tfl.layers.Layer): tfl.layers.Layer[] {
  return [layer, ...(isContainer(layer) ? layer.layers.flatMap(flagged) : [])];
}

function createSlices(): { pause(): Promise<void> } {
  let sinceMs = performance.now();
  return {
    pause: async () => {
      if (performance.now() - sinceMs < SLICE_MS) return;
      await new Promise<void>((resolve) => setTimeout(resolve, 0));
      sinceMs = performance.now();
    },
  };
}
