import type { NetworkOptions } from '@zoo/classify';
import { ArgumentError } from '@zoo/core';
import { toHub } from '@zoo/resnet/node';
import { expectSavablePath, saveModelFile } from '@zoo/weights/node';
import { Option, type Command } from 'commander';

import { type CommandIo, printLine } from '../command-io';
import { flag } from '../flags';
import { bestMetrics } from '../models/best-metrics';
import { openModel } from '../models/open-model';
import { expectWritableFile, expectWritableFolder } from '../output/writable-folder';
import { withoutEngine } from '../start-engine';

import { addNetworkOptions, examples, MODEL_ARGUMENT, SHARED_OPTIONS } from './shared-options';

const DTYPE = { type: 'choice', choices: ['float32', 'float16'], default: 'float32' } as const;

/** Declares `zoo export`. */
export function defineExport(command: Command, io: CommandIo): void {
  command
    .description(
      'Writes a saved model in the format that the extension names: .h5 (Keras, whole model), .weights.h5, .keras, .safetensors or .onnx; or, with --hub, as a folder that timm loads and the Hugging Face Hub takes.',
    )
    .argument('<model>', MODEL_ARGUMENT)
    .argument('<file>', 'the file to write; with --hub the folder');
  addNetworkOptions(command)
    .addOption(SHARED_OPTIONS.imageSize("the input of a file of weights alone (default: the network's own)"))
    .addOption(
      flag(
        '--dtype <type>',
        'what the weights are stored as; float16 takes half the bytes, in .safetensors and .onnx; see zoo quantize',
        DTYPE,
      ),
    )
    .addOption(
      new Option(
        '--hub',
        "write a folder: timm's config.json, model.safetensors with timm's names, and a card with what the run reached; of a network that timm has, as zoo train --stem imagenet makes one",
      ),
    )
    .addOption(
      new Option('--license <name>', "with --hub: the weights' licence, as the Hub calls it: apache-2.0"),
    )
    .addHelpText(
      'after',
      examples(
        'zoo export runs/pictures pictures.keras',
        'zoo export runs/pictures pictures-timm --hub --license apache-2.0',
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
  hub?: boolean;
  license?: string;
}

/** Writes a saved model in the format that the file's extension names. */
export async function exportModel(
  { model: path, file, dtype = DTYPE.default, hub = false, license, ...network }: ExportOptions,
  io: CommandIo,
): Promise<void> {
  if (!hub) expectSavablePath(file, '<file>');
  if (!hub && license !== undefined) {
    throw new ArgumentError('--license', '--hub beside it, whose card names the licence,', license);
  }
  if (dtype !== DTYPE.default && (hub || !/\.(safetensors|onnx)$/i.test(file))) {
    throw new ArgumentError(
      '<file>',
      `a name that ends in .safetensors or .onnx with --dtype ${dtype}`,
      file,
    );
  }
  await withoutEngine(async () => {
    const model = await openModel(path, io, network);
    try {
      if (hub) {
        await expectWritableFolder('<file>', file);
        await toHub(model, file, {
          ...(license !== undefined && { license }),
          metrics: await bestMetrics(path),
        });
      } else {
        await expectWritableFile('<file>', file);
        await saveModelFile(model, file, { dtype });
      }
      printLine(io, file);
    } finally {
      model.dispose();
    }
  });
}
