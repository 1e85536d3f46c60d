import { checkedMetadata } from './checked-metadata';
import { ZooError } from './errors';
import { METADATA_KEY, type ModelMetadata } from './model-metadata';

// Kept apart from what reads a model's own metadata, so that a page loads it with the readers of files.

/**
 * The metadata in a text that modelMetadataJson made.
 *
 * @param fileName The file that holds the text, for the error.
 * @throws ZooError `invalid-file` if it is something else.
 */
export function parseModelMetadata(json: string, fileName: string): ModelMetadata {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    value = undefined;
  }
  const metadata = checkedMetadata(value);
  if (metadata !== undefined) return metadata;
  throw new ZooError(
    'invalid-file',
    `Expected class names and preprocessing as the zoo writes them under \`${METADATA_KEY}\` in ${fileName} but they are damaged. ` +
      'Save the file again.',
  );
}
