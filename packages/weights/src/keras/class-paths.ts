import { isJsonObject, type JsonObject } from '../architecture/json-object';
import { kerasClassName } from '../layers/keras-class-names';
import { isContainer, type Container, type OrderOf } from '../model/model-layers';

/** A layer as far as Keras' `.weights.h5` tells layers apart: by class, name and the layers within. */
export interface LayerTree {
  readonly name: string;
  readonly className: string;
  /** The layers of a nested model; undefined for any other layer. */
  readonly layers: readonly LayerTree[] | undefined;
}

/** Where Keras 3 puts the weights of a layer: its path in the file, and its names in the model from the outermost on. */
export interface ClassPath {
  /** `layers/conv2d_1`, or `layers/functional/layers/dense` within a nested model. */
  readonly path: string;
  /** `conv1`, or `encoder/dense`. */
  readonly name: string;
  /** True for a nested model. */
  readonly isContainer: boolean;
}

/**
 * Paths of all layers in a `.weights.h5`: classes in snake case, numbered from the second of a class on.
 *
 * @see keras/src/saving/saving_lib.py, `_save_container_state`
 */
export function classPaths(layers: readonly LayerTree[], prefix = 'layers', namePrefix = ''): ClassPath[] {
  const counts = new Map<string, number>();
  return layers.flatMap((layer) => {
    const snake = snakeCase(layer.className);
    const count = counts.get(snake) ?? 0;
    counts.set(snake, count + 1);
    const path = `${prefix}/${snake}${count === 0 ? '' : `_${count}`}`;
    const name = `${namePrefix}${layer.name}`;
    const own = { path, name, isContainer: layer.layers !== undefined };
    return layer.layers === undefined
      ? [own]
      : [own, ...classPaths(layer.layers, `${path}/layers`, `${name}/`)];
  });
}

/** The layers of a model of TensorFlow.js under the class names that Keras has for them. */
export function modelLayerTree(model: Container, orderOf: OrderOf = ({ layers }) => layers): LayerTree[] {
  return orderOf(model).map((layer) => {
    const className = layer.getClassName();
    return {
      name: layer.name,
      className: kerasClass(className),
      layers: isContainer(layer) ? modelLayerTree(layer, orderOf) : undefined,
    };
  });
}

/** The layers of an architecture as Keras wrote it. */
export function configLayerTree(config: unknown): LayerTree[] {
  const inner = isJsonObject(config) ? config['config'] : undefined;
  const list = Array.isArray(inner) ? inner : isJsonObject(inner) ? inner['layers'] : undefined;
  if (!Array.isArray(list)) return [];
  const isSequential = isJsonObject(config) && config['class_name'] === 'Sequential';
  return list.filter(isJsonObject).flatMap((layer, i) => {
    const className = kerasClass(String(layer['class_name']));
    // A sequential model does not count its input layer.
    if (isSequential && i === 0 && className === 'InputLayer') return [];
    const isModel = className === 'Functional' || className === 'Sequential';
    return [{ name: layerName(layer), className, layers: isModel ? configLayerTree(layer) : undefined }];
  });
}

/** Any model that is no sequential one is a functional one; layers of ours are Keras' own there. */
function kerasClass(className: string): string {
  return className === 'Model' ? 'Functional' : kerasClassName(className);
}

function layerName(layer: JsonObject): string {
  const fields: JsonObject = isJsonObject(layer['config']) ? layer['config'] : {};
  return [layer['name'], fields['name']].find((name) => typeof name === 'string') ?? '';
}

/** `BatchNormalization` as `batch_normalization`, by Keras' own rule (keras/src/utils/naming.py). */
export function snakeCase(className: string): string {
  return className
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
