import type * as tfl from '@tensorflow/tfjs-layers';

import { checkedMetadata } from './checked-metadata';
import { ZooError } from './errors';
import { METADATA_KEY, setModelMetadata, type ModelMetadata } from './model-metadata';

// Kept apart from the code that writes metadata, so that a page that only builds a network loads none of these checks.

/** Writes the fields of `metadata` into the model and leaves its other fields as they are. */
export function updateModelMetadata(model: tfl.LayersModel, metadata: ModelMetadata): void {
  setModelMetadata(model, { ...modelMetadata(model), ...metadata });
}

/**
 * The metadata that {@link setModelMetadata} wrote, or undefined if the model has none.
 *
 * @throws ZooError `invalid-file` if the metadata is damaged, for example edited by hand.
 */
export function modelMetadata(model: tfl.LayersModel): ModelMetadata | undefined {
  const all = model.getUserDefinedMetadata() as Record<string, unknown> | undefined;
  const value = all?.[METADATA_KEY];
  if (value === undefined) return undefined;
  const metadata = checkedMetadata(value);
  if (metadata !== undefined) return metadata;
  throw new ZooError(
    'invalid-file',
    `The metadata of model '${model.name}' is damaged: \`userDefinedMetadata.${METADATA_KEY}\` is not what the zoo writes there. ` +
      'Correct it in model.json, or remove it there and give class names and preprocessing by options.',
  );
}

/** The model's metadata as the text that file formats keep under the key `zoo`, or undefined if it has none. */
export function modelMetadataJson(model: tfl.LayersModel): string | undefined {
  const metadata = modelMetadata(model);
  return metadata === undefined ? undefined : JSON.stringify(metadata);
}
