import { openModel } from '@zoo/classify';
import { encodeModelFile } from '@zoo/weights';

import type { ExportFormat } from './compute-types';

/**
 * A network in another format; apart, so that the page fetches what writes files when one is asked for.
 *
 * @param title What a folder is called.
 */
export async function convertModel(file: Blob, format: ExportFormat, title: string): Promise<Blob> {
  const model = await openModel(file);
  try {
    if (format !== 'zip') return await encodeModelFile(model, `model.${format}`);
    const { zippedFolder } = await import('./zipped-folder');
    return await zippedFolder(model, title);
  } finally {
    model.dispose();
  }
}
