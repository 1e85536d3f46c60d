import type { Command } from 'commander';

import type { CommandIo } from '../command-io';
import type { ExportOptions } from '../commands/export';

import { addNetworkOptions, examples, MODEL_ARGUMENT, SHARED_OPTIONS } from './shared-options';

/** Declares `zoo export`. */
export function defineExport(program: Command, io: CommandIo): void {
  const command = program
    .command('export')
    .summary('write a model as a Keras, safetensors or ONNX file')
    .description(
      'Writes a saved model in the format that the extension names: .h5 (Keras, whole model), .weights.h5, .keras, .safetensors or .onnx.',
    )
    .argument('<model>', MODEL_ARGUMENT)
    .argument('<file>', 'the file to write');
  addNetworkOptions(command)
    .addOption(SHARED_OPTIONS.imageSize("the input of a file of weights alone (default: the network's own)"))
    .addHelpText('after', examples('zoo export runs/pictures pictures.keras'))
    .action(async (model: string, file: string, options: Omit<ExportOptions, 'model' | 'file'>) => {
      const { exportModel } = await import('../commands/export');
      await exportModel({ ...options, model, file }, io);
    });
}
