import type { NetworkOptions } from '@zoo/classify';
import { ArgumentError } from '@zoo/core';
import { expectSavablePath, saveModelFile } from '@zoo/weights/node';
import type { Command } from 'commander';

import { type CommandIo, printLine } from '../command-io';
import { flag } from '../flags';
import { openModel } from '../models/open-model';
import { expectWritableFile } from '../output/writable-folder';
import { withoutEngine } from '../start-engine';

import { addNetworkOptions, examples, MODEL_ARGUMENT, SHARED_OPTIONS } from './shared-options';

const DTYPE = { type: 'choice', choices: ['float32', 'float16'], default: 'float32' } as const;

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
    .addOption(
      flag(
        '--dtype <type>',
        'what the weights are stored as; float16 takes half the bytes, in .safetensors',
        DTYPE,
      ),
    )
    .addHelpText(
      'after',
      examples(
        'zoo export runs/pictures pictures.keras',
        'zoo export runs/pictures small.safetensors --dtype float16',
      ),
    )
    .action((model: string, file: string, options: Omit<ExportOptions, 'model' | 'file'>) =>
      exportModel({ ...options, model, file }, io),
    );
}

/** Options of `zoo export`. */
export interface ExportOptions extends NetworkOptions {
  model: string;
  file: string;
  dtype?: (typeof DTYPE.choices)[number];
}

/** Writes a saved model in the format that the file's extension names. */
export async function exportModel(
  { model: path, file, dtype = DTYPE.default, ...network }: ExportOptions,
  io: CommandIo,
): Promise<void> {
  expectSavablePath(file, '<file>');
  if (dtype !== DTYPE.default && !file.toLowerCase().endsWith('.safetensors')) {
    throw new ArgumentError('<file>', `a name that ends in .safetensors with --dtype ${dtype}`, file);
  }
  await withoutEngine(async () => {
    const model = await openModel(path, io, network);
    try {
      await expectWritableFile('<file>', file);
      await saveModelFile(model, file, { dtype });
      printLine(io, file);
    } finally {
      model.dispose();
    }
  });
}
