import { dirname } from 'node:path';

import type { NetworkOptions } from '@zoo/classify';
import { expectSavablePath, saveModelFile } from '@zoo/weights/node';
import type { Command } from 'commander';

import { type CommandIo, printLine } from '../command-io';
import { openModel } from '../models/open-model';
import { expectWritableFolder } from '../output/writable-folder';
import { withoutEngine } from '../start-engine';

import { addNetworkOptions, examples, MODEL_ARGUMENT, SHARED_OPTIONS } from './shared-options';

/** Declares `zoo export`. */
export function defineExport(command: Command, io: CommandIo): void {
  command
    .description(
      'Writes a saved model in the format that the extension names: .h5 (Keras, whole model), .weights.h5, .keras, .safetensors or .onnx.',
    )
    .argument('<model>', MODEL_ARGUMENT)
    .argument('<file>', 'the file to write');
  addNetworkOptions(command)
    .addOption(SHARED_OPTIONS.imageSize("the input of a file of weights alone (default: the network's own)"))
    .addHelpText('after', examples('zoo export runs/pictures pictures.keras'))
    .action((model: string, file: string, options: Omit<ExportOptions, 'model' | 'file'>) =>
      exportModel({ ...options, model, file }, io),
    );
}

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
