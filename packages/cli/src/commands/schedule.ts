import { writeFileAtomically } from '@zoo/weights/node';
import { Option, type Command } from 'commander';

import { noteLine, printJson, printLine, type CommandIo } from '../command-io';
import { flag } from '../flags';
import { asciiCurve, svgCurve } from '../output/curve';
import { expectWritableFile } from '../output/writable-folder';
import { CURVE_LABELS, learningRateCurve } from '../training/learning-rate-curve';
import { TRAIN_OPTIONS, type SizedGivenSettings } from '../training/train-options';
import { newTrainSettings } from '../training/train-settings';

import { addRecipeOptions } from './recipe-flags';
import { examples, SHARED_OPTIONS } from './shared-options';

/** Declares `zoo schedule`. */
export function defineSchedule(command: Command, io: CommandIo): void {
  addRecipeOptions(command, ['Schedule:'])
    .description('Draws the learning rate over a run as zoo train would take it, without training.')
    .addOption(
      flag('--pictures <count>', 'pictures that are trained on', {
        type: 'integer',
        minimum: 1,
        default: PICTURES,
      }),
    )
    .addOption(flag('--epochs <count>', 'passes over the data', TRAIN_OPTIONS.epochs))
    .addOption(SHARED_OPTIONS.batchSize())
    .addOption(flag('--optimizer <name>', 'update rule', TRAIN_OPTIONS.optimizer))
    .addOption(flag('--learning-rate <rate>', "peak (default: the optimizer's)", TRAIN_OPTIONS.learningRate))
    .addOption(flag('--schedule <name>', 'its form', TRAIN_OPTIONS.schedule))
    .addOption(
      flag(
        '--reference-batch <count>',
        'the batch size that the learning rate is for',
        TRAIN_OPTIONS.referenceBatch,
      ),
    )
    .addOption(new Option('--output <file>', 'also write the curve as an SVG file'))
    .addOption(SHARED_OPTIONS.json())
    .addHelpText(
      'after',
      examples(
        'zoo schedule --epochs 60 --learning-rate 0.1',
        'zoo schedule --schedule multiStep --milestones 8,15 --warmup-epochs 1',
        'zoo schedule --pictures 50000 --batch-size 1024 --reference-batch 256 --output rate.svg',
      ),
    )
    .action((options: ScheduleOptions) => drawSchedule(options, io));
}

const PICTURES = 10_000;
/** Nothing that is drawn follows from the folder. */
const NO_FOLDER = '';

/** Options of `zoo schedule`: those of a run that its learning rate follows from. */
export interface ScheduleOptions extends Omit<SizedGivenSettings, 'folder'> {
  pictures?: number;
  output?: string;
  json?: boolean;
}

/** Draws the learning rate of each step, or of evenly spaced ones where there are many. */
export async function drawSchedule(options: ScheduleOptions, io: CommandIo): Promise<void> {
  const { pictures = PICTURES, output, json = false, ...given } = options;
  if (output !== undefined) await expectWritableFile('--output', output);
  const settings = newTrainSettings({ ...given, folder: NO_FOLDER });
  const batchesPerEpoch = Math.ceil(pictures / settings.batchSize);
  const { steps, points } = learningRateCurve(settings, batchesPerEpoch);
  if (output !== undefined) await writeFileAtomically(output, svgCurve(points, CURVE_LABELS));
  if (json)
    printJson(io, {
      steps,
      batchesPerEpoch,
      points: points.map(({ x, y }) => ({ epoch: x, learningRate: y })),
    });
  else for (const line of asciiCurve(points, CURVE_LABELS)) printLine(io, line);
  if (output !== undefined) noteLine(io, `curve: ${output}`);
}
