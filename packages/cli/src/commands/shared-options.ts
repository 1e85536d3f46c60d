import { ArgumentError, AVERAGE_OPTIONS, type OptionRow } from '@zoo/core/options';
import { IMAGE_BATCHES_OPTIONS } from '@zoo/data/options';
import { RESNET_OPTIONS } from '@zoo/resnet/options';
import { Option, type Command } from 'commander';

import { flag } from '../flags';
import {
  addressOption,
  channelValuesOption,
  divisorsOption,
  imageSizeOption,
  repeatedOption,
} from '../option-values';
import { LOADING_OPTIONS } from '../training/loading-options';
import { NORMALIZATION, STEM, TRAIN_OPTIONS, VARIANT } from '../training/train-options';
import { WATCH_OPTIONS } from '../training/watch-options';

/** Options that several commands have, each made again for every command. */
export const SHARED_OPTIONS = {
  engine: () =>
    new Option(
      '--engine <name>',
      'engine to compute on: see `zoo engines` (default: the best that is present)',
    ),
  threads: () =>
    flag(
      '--threads <count>',
      'threads to compute on',
      { type: 'integer', minimum: 1, maximum: 1024 },
      'the cores this process may use',
    ),
  memory: () =>
    flag(
      '--memory <MiB>',
      'memory that tensors may take, under mpirun on each rank: what --batch-size auto fills; beyond it wasm and webgpu stop with an error',
      { type: 'integer', minimum: 1 },
      "the engine's, and three quarters of what the machine has free for --batch-size auto",
    ),
  batchSize: (defaultSize: number = IMAGE_BATCHES_OPTIONS.batchSize.default) =>
    flag('--batch-size <count>', 'pictures computed at once', {
      ...IMAGE_BATCHES_OPTIONS.batchSize,
      default: defaultSize,
    }),
  imageSize: (description: string) =>
    new Option('--image-size <pixels>', description).argParser(imageSizeOption),
  normalization: (description: string) => flag('--normalization <mode>', description, NORMALIZATION),
  resize: () =>
    flag('--resize <method>', 'how pictures change their size', openDefault(TRAIN_OPTIONS.resize)),
  aspect: () =>
    flag(
      '--aspect <mode>',
      'what becomes of pictures of another proportion',
      openDefault(TRAIN_OPTIONS.aspect),
    ),
  cropFraction: () =>
    flag(
      '--crop-fraction <share>',
      'share of the resized side that --aspect resizeCrop keeps: 0.875 for 224 of 256',
      openDefault(TRAIN_OPTIONS.cropFraction),
    ),
  mean: () =>
    new Option('--mean <red,green,blue>', 'instead of --normalization: taken off values of 0 to 1').argParser(
      channelValuesOption,
    ),
  standardDeviation: () =>
    new Option(
      '--standard-deviation <red,green,blue>',
      'with --mean: what values are divided by last',
    ).argParser(divisorsOption),
  classIndex: () =>
    new Option(
      '--class-index <file>',
      'file with the class names: JSON, {"0": "chef", "1": "doctor"} or ["chef"], or one name a line',
    ),
  model: (description: string) => new Option('--model <name>', description),
  variant: (description: string) => flag('--variant <name>', description, VARIANT),
  stem: (description: string) => flag('--stem <name>', description, STEM),
  shortcut: () =>
    flag(
      '--shortcut <form>',
      "the network's shortcuts where shapes change",
      TRAIN_OPTIONS.shortcut,
      'its own',
    ),
  classes: () => flag('--classes <count>', 'outputs of the model', RESNET_OPTIONS.classes),
  onCorrupt: () =>
    flag(
      '--on-corrupt <what>',
      'what becomes of pictures that cannot be read: an error, or skip them and say which',
      TRAIN_OPTIONS.onCorrupt,
    ),
  json: () => new Option('--json', 'print JSON, for programs'),
} as const;

/** A row whose default the model may say otherwise, so that the help names none. */
function openDefault(row: OptionRow): OptionRow {
  return { ...row, default: undefined } as OptionRow;
}

/** What `<model>` may be. */
export const MODEL_ARGUMENT =
  'a run or a saved model, a Keras, PyTorch or safetensors file, an address, `idenprof` (comes along), published weights: `resnet50.tv_in1k`, see `zoo models`, or a model of the Hugging Face Hub: `hf:timm/resnet50.a1_in1k`';

/** What commands take that look at pictures: see `modelAndPictures`. */
export const PLACES_ARGUMENT = `the model (${MODEL_ARGUMENT}), then picture files, folders of them (at any depth), patterns, addresses, or - for one on standard input; pictures alone go to idenprof`;

/** Declares what a file of weights alone may leave open of its network. */
export function addNetworkOptions(command: Command): Command {
  return command
    .addOption(SHARED_OPTIONS.variant("the network's variant, where a file of weights alone leaves it open"))
    .addOption(SHARED_OPTIONS.stem('how the network begins, where a file of weights alone leaves it open'))
    .addOption(SHARED_OPTIONS.shortcut());
}

/** Declares how a command's model reads its pictures, and what it computes on. */
export function addReadingOptions(command: Command): Command {
  return addNetworkOptions(command)
    .addOption(SHARED_OPTIONS.classIndex())
    .addOption(SHARED_OPTIONS.normalization('how bytes become inputs (default: what the model says)'))
    .addOption(SHARED_OPTIONS.mean())
    .addOption(SHARED_OPTIONS.standardDeviation())
    .addOption(SHARED_OPTIONS.imageSize('where the model leaves it open'))
    .addOption(SHARED_OPTIONS.resize())
    .addOption(SHARED_OPTIONS.aspect())
    .addOption(SHARED_OPTIONS.cropFraction())
    .addOption(SHARED_OPTIONS.engine())
    .addOption(SHARED_OPTIONS.threads());
}

/** Declares the options of a command that runs a saved model over pictures in batches. */
export function addInferenceOptions(command: Command): Command {
  return addReadingOptions(command.addOption(SHARED_OPTIONS.json())).addOption(SHARED_OPTIONS.batchSize());
}

/** Options of a command that several models may answer. */
export interface EnsembleFlags {
  with?: readonly string[];
  average?: 'probabilities' | 'logits';
}

/**
 * The models that answer beside the first.
 *
 * @throws ArgumentError for a mean of one.
 */
export function otherModels({ with: others = [], average }: EnsembleFlags): readonly string[] {
  if (others.length > 0 || average === undefined) return others;
  throw new ArgumentError('--average', 'another model beside it, --with <model>,', average);
}

/** Declares that several models may answer together. */
export function addEnsembleOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--with <model>',
        'another model that answers too, again and again for more: the mean of their answers counts',
      ).argParser(repeatedOption),
    )
    .addOption(flag('--average <what>', 'with --with: what the mean is of', AVERAGE_OPTIONS.average));
}

/** Declares how a run comes by its pictures. */
export function addLoadingOptions(command: Command): Command {
  return command
    .addOption(
      flag('--workers <count>', 'threads that make pictures while the run trains', LOADING_OPTIONS.workers),
    )
    .addOption(
      flag(
        '--cache <where>',
        'where decoded pictures are kept for the next epoch; disk: for other runs too',
        LOADING_OPTIONS.cache,
      ),
    )
    .addOption(
      flag(
        '--cache-directory <folder>',
        'with --cache disk: where',
        LOADING_OPTIONS.cacheDirectory,
        "`pictures` in the zoo's folder for caches",
      ),
    );
}

/** Declares how a run is watched. */
export function addWatchOptions(command: Command): Command {
  return command
    .addOption(flag('--progress <style>', 'how progress is shown', WATCH_OPTIONS.progress))
    .addOption(
      flag(
        '--tensorboard',
        'write scalars, histograms, pictures, the graph and the settings for TensorBoard, to events in the output folder',
        WATCH_OPTIONS.tensorboard,
      ),
    )
    .addOption(
      flag(
        '--post <address>',
        "post each epoch's figures to this address, as JSON",
        WATCH_OPTIONS.post,
      ).argParser(addressOption),
    )
    .addOption(
      flag(
        '--dashboard',
        "show the run on a page of this machine while it goes on, beside the other runs of its folder; the page's address is printed",
        WATCH_OPTIONS.dashboard,
      ),
    )
    .addOption(
      flag(
        '--dashboard-port <number>',
        'port of the dashboard; 0 for a free one',
        WATCH_OPTIONS.dashboardPort,
      ),
    );
}

/** The part of a command's help that shows it in use. */
export function examples(...lines: readonly string[]): string {
  return ['', lines.length === 1 ? 'Example:' : 'Examples:', ...lines.map((line) => `  $ ${line}`)].join(
    '\n',
  );
}
