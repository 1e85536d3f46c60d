import type { Command } from 'commander';

import type { CommandIo } from '../command-io';

import { examples, MODEL_ARGUMENT } from './shared-options';

/** Declares `zoo export`. */
export function defineExport(program: Command, io: CommandIo): void {
  program
    .command('export')
    .summary('write a model as a Keras, safetensors or ONNX file')
    .description(
      'Writes a saved model in the format that the extension names: .h5 (Keras, whole model), .weights.h5, .keras, .safetensors or .onnx.',
    )
    .argument('<model>', MODEL_ARGUMENT)
    .argument('<file>', 'the file to write')
    .addHelpText('after', examples('zoo export runs/pictures pictures.keras'))
    .action(async (model: string, file: string) => {
      const { exportModel } = await import('../commands/export');
      await exportModel({ model, file }, io);
    });
}
