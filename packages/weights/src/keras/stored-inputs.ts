import { isZooError } from '@zoo/core';

import { isJsonObject, type JsonObject } from '../architecture/json-object';
import { parseNodes } from '../architecture/parse-nodes';
import type { StoredInputs } from '../model/order-evidence';

import type { KerasFile } from './keras-file';
import type { NamedLayer } from './name-stored-layers';

/**
 * Which of `stored`, layers with weights, each of them reads in the file's own architecture, past layers without weights.
 *
 * Undefined if the file holds no functional architecture, or calls layers on what is no layer's output.
 */
export function storedInputs(file: KerasFile, stored: readonly NamedLayer[]): StoredInputs | undefined {
  const inputs = inputNames(file);
  if (inputs === undefined) return undefined;
  const byName = new Map(
    stored.flatMap((layer) => (layer.tensors.length > 0 ? [[layer.givenName, layer] as const] : [])),
  );
  const nearestBefore = (name: string) => {
    const found = new Set<NamedLayer>();
    const seen = new Set<string>();
    const waiting = [...(inputs.get(name) ?? [])];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      const layer = byName.get(next);
      if (layer === undefined) waiting.push(...(inputs.get(next) ?? []));
      else found.add(layer);
    }
    return [...found];
  };
  return new Map(
    stored.flatMap((layer) =>
      layer.givenName !== undefined && inputs.has(layer.givenName)
        ? [[layer, nearestBefore(layer.givenName)] as const]
        : [],
    ),
  );
}

/** For each layer of the file's architecture the names of those that it reads. */
function inputNames({
  modelConfig,
  name: fileName,
  kerasMajor,
}: KerasFile): Map<string, string[]> | undefined {
  const config = isJsonObject(modelConfig) ? modelConfig['config'] : undefined;
  const layers = isJsonObject(config) ? config['layers'] : undefined;
  if (!Array.isArray(layers)) return undefined;
  try {
    const entries = layers.filter(isJsonObject).map((layer) => {
      const name = nameOf(layer);
      const nodes = parseNodes(layer['inbound_nodes'], name, { fileName, kerasMajor });
      return [name, nodes.flatMap(({ inputs }) => inputs.map((input) => input.layer))] as const;
    });
    return entries.some(([, inputs]) => inputs.length > 0) ? new Map(entries) : undefined;
  } catch (error) {
    // An unreadable part proves nothing and is not the weights' fault.
    if (isZooError(error)) return undefined;
    throw error;
  }
}

function nameOf(layer: JsonObject): string {
  const fields: JsonObject = isJsonObject(layer['config']) ? layer['config'] : {};
  return String(layer['name'] ?? fields['name']);
}
