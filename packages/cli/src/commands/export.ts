import { dirname } from 'node:path';

import type { NetworkOptions } from '@zoo/classify';
import { expectSavablePath, saveModelFile } from '@zoo/weights/node';

import { printLine, type CommandIo } from '../command-io';
import { openModel } from '../models/open-model';
import { expectWritableFolder } from '../output/writable-folder';
import { withoutEngine } from '../start-engine';

/** Options of `zoo export`. */
export interface ExportOptions extends NetworkOptions {
  model: string;
  file: string;
}

/** Writes a saved model in the format that the file's extension names. */
export async function exportModel(
  { model: path, file, ...network }: ExportOptions,
  io: CommandIo,
): Promise<void> {
  expectSavablePath(file, '<file>');
  await withoutEngine(async () => {
    const model = await openModel(path, io, network);
    try {
      await expectWritableFolder('<file>', dirname(file));
      await saveModelFile(model, file);
      printLine(io, file);
    } finally {
      model.dispose();
    }
  });
}
