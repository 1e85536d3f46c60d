import { EXCHANGE_TYPE } from '@zoo/train/options';
import { Option, type Command } from 'commander';

import type { CommandIo } from '../command-io';
import { flag, meaningsOf } from '../flags';
import { batchSizeOption } from '../option-values';
import { TRAIN_OPTIONS } from '../training/train-options';

import { addRecipeOptions } from './recipe-flags';
import { addLoadingOptions, addWatchOptions, examples, SHARED_OPTIONS } from './shared-options';
import type { TrainOptions } from './train-run';

/** Declares `zoo train`. Defaults stand in the texts alone: a resumed run has to tell an option that was given from one that was not. */
export function defineTrain(command: Command, io: CommandIo): void {
  command
    .description(
      'Trains a residual network on a folder that holds one folder of pictures a class (or train/ and validation/ folders of that kind), ' +
        'and writes the model, the class index, checkpoints and a report.',
    )
    .argument(
      '<folder>',
      'the data set; or a table of it, .csv, .tsv or .jsonl, with the columns path and label; or a known one by name: set:imagenette-160',
    )
    .addOption(new Option('--validation <folder>', 'validate on this data set instead of a part of <folder>'))
    .addOption(
      flag(
        '--validation-split <share>',
        'share of each class to validate on',
        TRAIN_OPTIONS.validationSplit,
      ).conflicts('validation'),
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
    .addOption(flag('--epochs <count>', 'passes over the data', TRAIN_OPTIONS.epochs))
    .addOption(
      flag(
        '--batch-size <count>',
        'pictures computed at once; auto: as many as fit into the memory, 256 at most',
        TRAIN_OPTIONS.batchSize,
      ).argParser(batchSizeOption),
    )
    .addOption(
      flag(
        '--accumulate-steps <count>',
        'batches whose gradients make one update',
        TRAIN_OPTIONS.accumulateSteps,
      ),
    )
    .addOption(flag('--optimizer <name>', 'update rule', TRAIN_OPTIONS.optimizer))
    .addOption(
      flag(
        '--learning-rate <rate>',
        'peak learning rate',
        TRAIN_OPTIONS.learningRate,
        '0.05 for sgd, 0.001 for adam and adamw',
      ),
    )
    .addOption(flag('--schedule <name>', 'the learning rate over the run', TRAIN_OPTIONS.schedule))
    .addOption(
      flag(
        '--weight-decay <rate>',
        'how much each update takes off the weights',
        TRAIN_OPTIONS.weightDecay,
        '0.0005 for sgd, 0.05 for adamw, else 0',
      ),
    )
    .addOption(
      flag(
        '--layer-decay <factor>',
        'what learning rates are multiplied by from each part of the network to the one before it, for fine-tuning',
        TRAIN_OPTIONS.layerDecay,
      ),
    )
    .addOption(
      flag(
        '--label-smoothing <share>',
        'share of each label that is spread over all classes',
        TRAIN_OPTIONS.labelSmoothing,
      ),
    )
    .addOption(
      flag(
        '--calibrate',
        'fit a temperature to the validation pictures at the end, so that probabilities say how often the model is right',
        TRAIN_OPTIONS.calibrate,
      ),
    )
    .addOption(flag('--augment <strength>', 'random changes of the pictures', TRAIN_OPTIONS.augment))
    .addOption(SHARED_OPTIONS.normalization('how bytes become inputs (default: scale, values of 0 to 1)'))
    .addOption(SHARED_OPTIONS.resize())
    .addOption(SHARED_OPTIONS.aspect())
    .addOption(SHARED_OPTIONS.cropFraction())
    .addOption(SHARED_OPTIONS.onCorrupt())
    .addOption(
      new Option(
        '--weights <file or name>',
        'start from this network: a run, a saved model, a Keras, PyTorch or safetensors file, published weights, ' +
          '`resnet50.tv_in1k`, or a model of the Hub, `hf:timm/resnet50.a1_in1k`; architecture, size and normalization are its own by default',
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
    .addOption(SHARED_OPTIONS.memory())
    .addOption(flag('--seed <number>', 'the same seed gives the same run', TRAIN_OPTIONS.seed))
    .addOption(new Option('--output <folder>', 'where results go (default: runs/<name of the data set>)'))
    .addOption(
      new Option('--config <file>', 'settings from a JSON file: see --print-config; options beside it win'),
    )
    .addOption(
      new Option('--print-config', 'print the settings of the run as JSON, for --config, and train nothing'),
    )
    .addOption(
      new Option(
        '--dry-run',
        'show the network, the number of steps and the learning rate, write the first batch to dry-run.html in the output folder, and train nothing',
      ).conflicts(['resume', 'continue']),
    )
    .addOption(new Option('--resume', 'go on with the run in the output folder'))
    .addOption(
      new Option(
        '--continue',
        'go on with the run in the output folder if there is one, else begin it: for programs that start this one again',
      ).conflicts('resume'),
    )
    .addOption(
      flag(
        '--reference-batch <count>',
        'the batch size that the learning rate is for: it is scaled to --batch-size, with five epochs of warm-up',
        TRAIN_OPTIONS.referenceBatch,
        'no scaling',
      ),
    )
    .addOption(
      new Option(
        '--sync-batch-norm',
        'under mpirun: normalise by the whole batch, as one process does, not by the part of each rank',
      ),
    )
    .addOption(
      flag(
        '--exchange-type <type>',
        'under mpirun: what gradients travel as; bfloat16 and float16 halve the bytes',
        EXCHANGE_TYPE,
      ),
    );
  addWatchOptions(addLoadingOptions(addRecipeOptions(command)))
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
      // What trains loads TensorFlow.js; the help does without.
      const { train } = await import('./train-run');
      await train({ ...options, folder, meanings: meaningsOf(command) }, io);
    });
}
