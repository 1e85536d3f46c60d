import { openModel } from '@zoo/classify';
import { encodeModelFile } from '@zoo/weights';

import type { ExportFormat } from './compute-types';

/** A network in another format; apart, so that the page fetches what writes files when one is asked for. */
export async function convertModel(file: Blob, format: ExportFormat): Promise<Blob> {
  const model = await openModel(file);
  try {
    return await encodeModelFile(model, `model.${format}`);
  } finally {
    model.dispose();
  }
}
