import { Option, type Command } from 'commander';

import type { CommandIo } from '../command-io';
import type { ImportOptions } from '../commands/import';
import { renameOption } from '../option-values';

import { examples, SHARED_OPTIONS } from './shared-options';

/** Declares `zoo import`. */
export function defineImport(program: Command, io: CommandIo): void {
  program
    .command('import')
    .summary('turn a weights file into a TensorFlow.js model')
    .description(
      'Writes a TensorFlow.js LayersModel from a Keras file (.h5, .weights.h5, .keras), safetensors or a PyTorch file (.pth, .pt, .th). ' +
        'The network of a file of weights alone is told from its names and shapes; --model and the like settle what it leaves open.',
    )
    .argument('<file>', 'the weights file, or the name of published weights: `resnet50.keras_in1k`')
    .requiredOption('--output <folder>', 'folder to write the model to')
    .addOption(SHARED_OPTIONS.model('network that the weights belong to (default: what the file tells)'))
    .addOption(SHARED_OPTIONS.variant("the network's variant (default: its own)"))
    .addOption(SHARED_OPTIONS.stem('how the network begins (default: its own)'))
    .addOption(SHARED_OPTIONS.shortcut())
    .addOption(
      new Option(
        '--by <way>',
        "fit a Keras file's weights by layer name or by order (default: by name, or by order where names differ throughout)",
      ).choices(['name', 'topology']),
    )
    .addOption(
      new Option(
        '--rename <from=to>',
        'what a layer of a Keras file is called in the network, conv2d_3=conv2_block1_3_conv; may be repeated',
      ).argParser(renameOption),
    )
    .addOption(SHARED_OPTIONS.classes())
    .addOption(SHARED_OPTIONS.imageSize("the network's input (default: the network's own)"))
    .addOption(SHARED_OPTIONS.normalization('how bytes become inputs; kept with the model'))
    .addOption(SHARED_OPTIONS.mean())
    .addOption(SHARED_OPTIONS.standardDeviation())
    .addOption(SHARED_OPTIONS.resize())
    .addOption(SHARED_OPTIONS.aspect())
    .addOption(SHARED_OPTIONS.cropFraction())
    .addOption(SHARED_OPTIONS.classIndex())
    .addHelpText(
      'after',
      examples(
        'zoo import model.h5 --output model',
        'zoo import idenprof_061-0.7933.h5 --model resnet50 --variant idenprof --classes 10 --normalization scale --output idenprof',
      ),
    )
    .action(async (file: string, options: Omit<ImportOptions, 'file'>) => {
      const { importWeights } = await import('../commands/import');
      await importWeights({ ...options, file }, io);
    });
}
