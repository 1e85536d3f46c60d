import { Option, type Command } from 'commander';

import type { CommandIo } from '../command-io';
import type { TrainOptions } from '../commands/train';
import { integerOption, numberOption } from '../option-values';

import { examples, SHARED_OPTIONS } from './shared-options';

/** Declares `zoo train`. Defaults stand in the texts alone: a resumed run has to tell an option that was given from one that was not. */
export function defineTrain(program: Command, io: CommandIo): void {
  program
    .command('train')
    .summary('train a network on a folder of pictures')
    .description(
      'Trains a residual network on a folder that holds one folder of pictures a class (or train/ and validation/ folders of that kind), ' +
        'and writes the model, the class index, checkpoints and a report.',
    )
    .argument('<folder>', 'the data set')
    .addOption(new Option('--validation <folder>', 'validate on this data set instead of a part of <folder>'))
    .addOption(
      new Option('--validation-split <share>', 'share of each class to validate on (default: 0.2)')
        .argParser(numberOption({ above: 0, below: 1 }))
        .conflicts('validation'),
    )
    .addOption(SHARED_OPTIONS.model('network of the family: see `zoo models` (default: resnet18)'))
    .addOption(SHARED_OPTIONS.variant("the network's variant (default: torchvision)"))
    .addOption(
      SHARED_OPTIONS.stem(
        'how the network begins (default: its own, or half for pictures of up to 128 pixels)',
      ),
    )
    .addOption(SHARED_OPTIONS.shortcut())
    .addOption(SHARED_OPTIONS.imageSize('64, or height x width such as 48x64 (default: 64)'))
    .addOption(
      new Option('--epochs <count>', 'passes over the data (default: 20)').argParser(integerOption(1)),
    )
    .addOption(SHARED_OPTIONS.batchSize(32))
    .addOption(
      new Option('--optimizer <name>', 'update rule (default: sgd)').choices(['sgd', 'adam', 'adamw']),
    )
    .addOption(
      new Option(
        '--learning-rate <rate>',
        'peak learning rate (default: 0.05 for sgd, else 0.001)',
      ).argParser(numberOption({ above: 0 })),
    )
    .addOption(
      new Option('--schedule <name>', 'warm-up and cosine, or a constant rate (default: cosine)').choices([
        'cosine',
        'constant',
      ]),
    )
    .addOption(
      new Option('--weight-decay <rate>', '(default: 0.0005 for sgd, 0.05 for adamw, 0 for adam)').argParser(
        numberOption({ minimum: 0 }),
      ),
    )
    .addOption(
      new Option('--label-smoothing <share>', '(default: 0.1)').argParser(
        numberOption({ minimum: 0, below: 1 }),
      ),
    )
    .addOption(
      new Option('--augment <strength>', 'random changes of the pictures (default: standard)').choices([
        'none',
        'flip',
        'standard',
        'strong',
      ]),
    )
    .addOption(SHARED_OPTIONS.normalization('how bytes become inputs (default: scale, values of 0 to 1)'))
    .addOption(SHARED_OPTIONS.resize())
    .addOption(SHARED_OPTIONS.aspect())
    .addOption(SHARED_OPTIONS.cropFraction())
    .addOption(SHARED_OPTIONS.onCorrupt())
    .addOption(
      new Option(
        '--weights <file or name>',
        'start from this network: a run, a saved model, a Keras, PyTorch or safetensors file, or published weights, ' +
          '`resnet50.tv_in1k`; architecture, size and normalization are its own by default',
      ),
    )
    .addOption(
      new Option(
        '--freeze <layer>',
        'with --weights: keep everything up to a stage or layer as it is: `stage3`, `conv3_block1_out`; `backbone`: all but the head',
      ),
    )
    .addOption(SHARED_OPTIONS.engine())
    .addOption(SHARED_OPTIONS.threads())
    .addOption(
      new Option('--seed <number>', 'the same seed gives the same run (default: 0)').argParser(
        integerOption(0),
      ),
    )
    .addOption(new Option('--output <folder>', 'where results go (default: runs/<name of the data set>)'))
    .addOption(new Option('--resume', 'go on with the run in the output folder'))
    .addOption(
      new Option(
        '--continue',
        'go on with the run in the output folder if there is one, else begin it: for programs that start this one again',
      ).conflicts('resume'),
    )
    .addOption(
      new Option(
        '--reference-batch <count>',
        'the batch size that the learning rate is for: it is scaled to --batch-size, with five epochs of warm-up (default: no scaling)',
      ).argParser(integerOption(1)),
    )
    .addOption(
      new Option(
        '--sync-batch-norm',
        'under mpirun: normalise by the whole batch, as one process does, not by the part of each rank',
      ),
    )
    .addOption(
      new Option(
        '--exchange-type <type>',
        'under mpirun: what gradients travel as; bfloat16 halves the bytes (default: float32)',
      ).choices(['float32', 'bfloat16']),
    )
    .addHelpText(
      'after',
      examples(
        'zoo train pictures',
        'zoo train pictures --weights runs/other-pictures --freeze backbone',
        'zoo train pictures --weights resnet18.tv_in1k --freeze stage2',
        'zoo train pictures --output runs/pictures --resume',
        'mpirun -n 4 zoo train pictures      (one run on four processes: --batch-size is of all together)',
      ),
    )
    .action(async (folder: string, options: Omit<TrainOptions, 'folder'>) => {
      const { train } = await import('../commands/train');
      await train({ ...options, folder }, io);
    });
}
