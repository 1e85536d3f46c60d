import * as fileSystem from 'node:fs';
import * as path from 'node:path';

import { tensorflowBuildsDirectory } from '../tensorflow-build';

/**
 * Undoes `buildTensorFlow`: removes all builds and the Python environment that it may have made. A TensorFlow of the user's
 * own stays.
 *
 * @returns The folders that were removed.
 */
export function removeTensorFlowBuilds(): string[] {
  const root = tensorflowBuildsDirectory({ path });
  if (!fileSystem.existsSync(root)) return [];
  const folders = fileSystem.readdirSync(root).map((name) => path.join(root, name));
  fileSystem.rmSync(root, { recursive: true, force: true });
  return folders;
}
