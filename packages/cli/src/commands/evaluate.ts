import type * as tfl from '@tensorflow/tfjs-layers';
import type { NetworkOptions } from '@zoo/classify';
import { describeIgnored, imageBatches, readImageFolder, type ImageFolder } from '@zoo/data/node';
import { classScores, evaluate, formatConfusionMatrix, type Evaluation } from '@zoo/train';
import { writeReport } from '@zoo/train/node';
import { Option, type Command } from 'commander';

import { type CommandIo, noteLine, noteSkipped, printJson, printLine } from '../command-io';
import { flag } from '../flags';
import { alignClasses } from '../models/align-classes';
import { openModel } from '../models/open-model';
import { pictureReading, type PictureReading, type PictureReadingOptions } from '../models/picture-reading';
import { formatDecimal, formatShare } from '../output/format-number';
import { expectWritableFile } from '../output/writable-folder';
import { withEngine, type EngineOptions } from '../start-engine';

import { addInferenceOptions, examples, MODEL_ARGUMENT, SHARED_OPTIONS } from './shared-options';

/** Declares `zoo evaluate`. */
export function defineEvaluate(command: Command, io: CommandIo): void {
  command
    .description('Measures a saved model on a folder that holds one folder of pictures a class.')
    .argument('<model>', MODEL_ARGUMENT)
    .argument('<folder>', 'the data set')
    .addOption(new Option('--report <file>', 'write a report as one HTML file'))
    .addOption(
      flag('--top <count>', 'also count an answer among this many', {
        type: 'integer',
        minimum: 1,
        default: 5,
      }),
    );
  command.addOption(
    new Option(
      '--horizontal-flip',
      "average each picture's answer with its mirror image's; takes twice the time",
    ),
  );
  addInferenceOptions(command)
    .addOption(SHARED_OPTIONS.onCorrupt())
    .addHelpText('after', examples('zoo evaluate runs/pictures holdout --report holdout.html'))
    .action((model: string, folder: string, options: Omit<EvaluateCommandOptions, 'model' | 'folder'>) =>
      evaluateModel({ ...options, model, folder }, io),
    );
}

/** Options of `zoo evaluate`. */
export interface EvaluateCommandOptions
  extends PictureReadingOptions, Omit<NetworkOptions, 'imageSize'>, EngineOptions {
  model: string;
  folder: string;
  report?: string;
  top?: number;
  horizontalFlip?: boolean;
  json?: boolean;
  batchSize?: number;
  onCorrupt?: 'error' | 'skip';
}

/** Measures a saved model on a folder of pictures. */
export async function evaluateModel(options: EvaluateCommandOptions, io: CommandIo): Promise<void> {
  if (options.report !== undefined) await expectWritableFile('--report', options.report);
  const folder = await readImageFolder(options.folder);
  const note = describeIgnored(folder);
  if (note !== undefined) noteLine(io, note);
  await withEngine({ ...options, purpose: 'infer' }, io, async (engine) => {
    const model = await openModel(options.model, io, options);
    try {
      const reading = await pictureReading(model, options);
      const evaluation = await evaluateOn(model, namedFolder(folder, reading, io), reading, options, io);
      if (options.json === true) printJson(io, figures(evaluation));
      else printFigures(evaluation, io);
      if (options.report === undefined) return;
      await writeReport(options.report, {
        title: `${options.model} on ${options.folder}`,
        evaluations: [{ name: options.folder, evaluation }],
        settings: { engine: engine.name },
      });
      noteLine(io, `report: ${options.report}`);
    } finally {
      model.dispose();
    }
  });
}

/** The folder with its labels in the model's order; a model without names is taken to have been trained on such a folder. */
function namedFolder(folder: ImageFolder, { classNames }: PictureReading, io: CommandIo): ImageFolder {
  if (classNames !== undefined) return alignClasses(folder, classNames);
  noteLine(
    io,
    `The model does not name its classes: they are taken to be ${folder.classNames.join(', ')}, in this order.`,
  );
  return folder;
}

async function evaluateOn(
  model: tfl.LayersModel,
  folder: ImageFolder,
  reading: PictureReading,
  { batchSize = 32, top, horizontalFlip = false, onCorrupt = 'error' }: EvaluateCommandOptions,
  io: CommandIo,
): Promise<Evaluation> {
  const source = await imageBatches(folder, {
    ...reading.preprocessing,
    batchSize,
    onCorrupt,
    shuffle: false,
  });
  const topK = top === undefined ? {} : { topK: Math.min(top, folder.classNames.length) };
  const evaluation = await evaluate(model, source, { ...topK, horizontalFlip });
  noteSkipped(io, source.corrupt);
  return evaluation;
}

function printFigures(evaluation: Evaluation, io: CommandIo): void {
  const { accuracy, topK, topKAccuracy, loss, exampleCount, classNames } = evaluation;
  printLine(io, formatConfusionMatrix(evaluation));
  printLine(io);
  printLine(io, `pictures  ${exampleCount}`);
  printLine(io, `accuracy  ${formatShare(accuracy)}`);
  if (topK < classNames.length) printLine(io, `top ${topK}     ${formatShare(topKAccuracy)}`);
  printLine(io, `loss      ${formatDecimal(loss)}`);
}

function figures(evaluation: Evaluation): object {
  const { accuracy, topK, topKAccuracy, loss, exampleCount, classNames, confusionMatrix } = evaluation;
  return {
    pictures: exampleCount,
    accuracy,
    topK,
    topKAccuracy,
    loss,
    classNames,
    confusionMatrix,
    classes: classScores(evaluation),
  };
}
