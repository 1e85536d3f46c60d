import type { StoredLayer } from '../stored-tensor';

import { classPaths, configLayerTree } from './class-paths';
import type { KerasFile } from './keras-file';
import { withTodaysNames } from './layer-aliases';

/** The name in the model of a layer of the file: a function or a table; undefined leaves the layer out without an error. */
export type RenameLayer =
  ((name: string) => string | undefined) | Readonly<Record<string, string | undefined>>;

/** A layer of the file under the name that it is looked for in the model. */
export interface NamedLayer extends StoredLayer {
  /** The name that the program gave it or Keras did; undefined where the file has none. */
  readonly givenName: string | undefined;
  /** True if the caller has translated the name. */
  readonly isRenamed: boolean;
}

/** The file's layers under the names that its architecture, the caller and the Keras of today have for them. */
export function nameStoredLayers(
  file: KerasFile,
  rename: RenameLayer | undefined,
  modelNames: ReadonlySet<string>,
): NamedLayer[] {
  const named = withConfigNames(file).flatMap(({ layer, givenName }) => {
    const name = rename === undefined ? layer.name : renamed(rename, layer.name);
    return name === undefined ? [] : [{ ...layer, name, givenName, isRenamed: name !== layer.name }];
  });
  return withTodaysNames(named, modelNames);
}

/** What `rename` makes of `name`. */
export function renamed(rename: RenameLayer, name: string): string | undefined {
  if (typeof rename === 'function') return rename(name);
  return Object.hasOwn(rename, name) ? rename[name] : name;
}

/** Layers that a file tells apart by class and count alone have their names in its architecture, if it holds one. */
function withConfigNames(file: KerasFile): { layer: StoredLayer; givenName: string | undefined }[] {
  const { layers, layerNames, modelConfig } = file;
  if (layerNames !== 'class-count') return layers.map((layer) => ({ layer, givenName: layer.name }));
  const names = new Map(classPaths(configLayerTree(modelConfig)).map(({ name, path }) => [path, name]));
  return layers.map((layer) => {
    const givenName = names.get(layer.name);
    return { layer: { ...layer, name: givenName ?? layer.name }, givenName };
  });
}
