import type * as tfl from '@tensorflow/tfjs-layers';

/** A weight of a model and the name it has there: `<layer>/<weight>`. */
export interface ModelWeight {
  readonly name: string;
  readonly variable: tfl.LayerVariable;
}

/** A layer of a model that has weights, in the order in which Keras lists them. */
export interface ModelLayer {
  /** The layer's name; of a layer in a nested model, the names on the way to it, joined by slashes. */
  readonly name: string;
  readonly layer: tfl.layers.Layer;
  readonly weights: readonly ModelWeight[];
}

/** A model, or a layer that is one. */
export interface Container extends tfl.layers.Layer {
  readonly layers: tfl.layers.Layer[];
}

/** In which order a model or a model within it lists its layers. */
export type OrderOf = (container: Container) => readonly tfl.layers.Layer[];

/** Layers that have been described before, so that listing them in another order describes none again. */
export type KnownLayers = Map<tfl.layers.Layer, ModelLayer>;

const ownOrder: OrderOf = ({ layers }) => layers;

/** True for a model that is used as a layer. */
export function isContainer(layer: tfl.layers.Layer): layer is Container {
  return 'layers' in layer && Array.isArray(layer.layers);
}

/** The model's own layers; a nested model counts as one layer that has all its weights, trainable ones first. */
export function topLayers(
  model: tfl.LayersModel,
  orderOf = ownOrder,
  known: KnownLayers = new Map(),
): ModelLayer[] {
  return orderOf(model).map((layer) => modelLayer(layer, layer.name, known));
}

/** All layers that are no models, those of nested models in their place. */
export function leafLayers(
  model: tfl.LayersModel,
  orderOf = ownOrder,
  known: KnownLayers = new Map(),
): ModelLayer[] {
  return orderOf(model).flatMap((layer) => leavesOf(layer, layer.name, orderOf, known));
}

/** `layer`, or the layers within it that are no models; `name` is its own. */
export function leavesOf(
  layer: tfl.layers.Layer,
  name: string,
  orderOf = ownOrder,
  known: KnownLayers = new Map(),
): ModelLayer[] {
  return isContainer(layer)
    ? orderOf(layer).flatMap((inner) => leavesOf(inner, `${name}/${inner.name}`, orderOf, known))
    : [modelLayer(layer, name, known)];
}

/** The weights of all layers, including those of nested models, each once, under their names in reports and files. */
export function modelWeights(model: tfl.LayersModel): ModelWeight[] {
  return leafLayers(model).flatMap(({ weights }) => weights);
}

function modelLayer(layer: tfl.layers.Layer, name: string, known: KnownLayers): ModelLayer {
  const before = known.get(layer);
  if (before?.name === name) return before;
  const weights = legacyOrder(layer).map((variable) => ({
    name: weightName(layer, name, variable),
    variable,
  }));
  const described = { name, layer, weights };
  known.set(layer, described);
  return described;
}

/** Keras' order in legacy files: trainable weights, then the others; a frozen layer keeps its own order. */
function legacyOrder(layer: tfl.layers.Layer): tfl.LayerVariable[] {
  return [...layer.trainableWeights, ...layer.nonTrainableWeights];
}

/**
 * `<layer>/<weight>`. TensorFlow.js appends `_1` to a variable's name when one of that name exists anywhere, and its
 * original name lacks the layers above; the last part of the original name is what Keras calls the weight.
 */
function weightName(layer: tfl.layers.Layer, layerName: string, variable: tfl.LayerVariable): string {
  const { originalName } = variable;
  if (isContainer(layer)) return `${layerName}/${originalName}`;
  const prefix = `${layer.name}/`;
  const own = originalName.startsWith(prefix) ? originalName.slice(prefix.length) : originalName;
  return `${layerName}/${own}`;
}
