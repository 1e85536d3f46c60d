import type * as tfl from '@tensorflow/tfjs-layers';
import {
  METADATA_KEY,
  modelMetadata,
  parseModelMetadata,
  setModelMetadata,
  type ModelMetadata,
} from '@zoo/core';

/** Names and texts that a file keeps beside its weights. */
export type FileTexts = Readonly<Record<string, string>>;

/**
 * Reads what the zoo wrote beside a file's weights and returns a function that hands it to `model`: call it once the weights are the
 * model's. Class names stay behind where the model tells another number of classes apart.
 *
 * @throws ZooError 'invalid-file' if it is damaged.
 */
export function metadataRestorer(model: tfl.LayersModel, texts: FileTexts, fileName: string): () => void {
  const text = texts[METADATA_KEY];
  if (text === undefined) return () => undefined;
  const stored = parseModelMetadata(text, fileName);
  return () => {
    const own = modelMetadata(model);
    const { classNames, head, ...rest } = stored;
    const fits = classNames === undefined || classNames.length === classCountOf(model, stored);
    setModelMetadata(model, {
      ...own,
      ...(fits && { ...(classNames && { classNames }), ...(head && { head }) }),
      ...(rest.preprocessing && { preprocessing: rest.preprocessing }),
      ...(own?.architecture === undefined && rest),
    });
  };
}

function classCountOf(model: tfl.LayersModel, { head }: ModelMetadata): number | null | undefined {
  const units = model.outputs[0]?.shape.at(-1);
  return units === 1 && head !== 'softmax' ? 2 : units;
}
