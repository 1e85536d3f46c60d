import type * as tfl from '@tensorflow/tfjs-layers';
import type { NetworkOptions } from '@zoo/classify';
import { classifierHead, type OptionsOf, type ReadOptions } from '@zoo/core';
import { imageBatches, type ImageFolder } from '@zoo/data/node';
import { calibrate, evaluate, formatConfusionMatrix, type Evaluation } from '@zoo/train';
import { writeReport } from '@zoo/train/node';
import { VIEW_OPTIONS } from '@zoo/train/options';
import { expectSavablePath, saveModelFile } from '@zoo/weights/node';
import { Option, type Command } from 'commander';

import { type CommandIo, noteLine, noteSkipped, printJson, printLine } from '../command-io';
import { environmentOf } from '../environment';
import { flag } from '../flags';
import { alignClasses } from '../models/align-classes';
import { explainWrong } from '../models/explain-wrong';
import { openModel } from '../models/open-model';
import { openNotedSet } from '../models/open-set';
import { pictureReading, type PictureReading, type PictureReadingOptions } from '../models/picture-reading';
import { numbersOption } from '../option-values';
import { classRates } from '../output/class-rates';
import { formatDecimal, formatShare } from '../output/format-number';
import { expectWritableFile } from '../output/writable-folder';
import { withEngine, type EngineOptions } from '../start-engine';

import { addInferenceOptions, examples, MODEL_ARGUMENT, SHARED_OPTIONS } from './shared-options';

/** Declares `zoo evaluate`. */
export function defineEvaluate(command: Command, io: CommandIo): void {
  command
    .description('Measures a saved model on a folder that holds one folder of pictures a class.')
    .argument('<model>', MODEL_ARGUMENT)
    .argument(
      '<folder>',
      'the data set; or a table of it, .csv, .tsv or .jsonl, with the columns path and label; or the test part of a known one: set:imagenette-160',
    )
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
  command.addOption(
    flag(
      '--crops <what>',
      "average the answers to five crops of the model's size, out of pictures a seventh larger; ten with --horizontal-flip",
      VIEW_OPTIONS.crops,
    ).conflicts('calibrate'),
  );
  command.addOption(
    new Option(
      '--scales <pixels>',
      'average the answers to pictures of these sizes: 224,256,288; without --crops the model has to leave its size open',
    )
      .argParser(numbersOption)
      .conflicts('calibrate'),
  );
  command.addOption(
    new Option(
      '--calibrate <file>',
      'write the model with a temperature fitted to <folder>, so that its probabilities say how often it is right; ends in .keras, .h5, .safetensors or .onnx',
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
  extends
    PictureReadingOptions,
    Omit<NetworkOptions, 'imageSize'>,
    EngineOptions,
    Omit<OptionsOf<typeof VIEW_OPTIONS>, 'cropSize'> {
  model: string;
  folder: string;
  report?: string;
  top?: number;
  calibrate?: string;
  json?: boolean;
  batchSize?: number;
  onCorrupt?: 'error' | 'skip';
}

/** Measures a saved model on a folder of pictures. */
export async function evaluateModel(options: EvaluateCommandOptions, io: CommandIo): Promise<void> {
  const { report, calibrate: calibrated } = options;
  if (report !== undefined) await expectWritableFile('--report', report);
  if (calibrated !== undefined) {
    expectSavablePath(calibrated, '--calibrate');
    await expectWritableFile('--calibrate', calibrated);
  }
  const folder = await openNotedSet(options.folder, io);
  await withEngine({ ...options, purpose: 'infer' }, io, async (engine) => {
    const model = await openModel(options.model, io, options);
    try {
      const reading = await pictureReading(model, options);
      const evaluation = await evaluateOn(model, namedFolder(folder, reading, io), reading, options, io);
      if (options.json === true) printJson(io, figures(evaluation, model));
      else printFigures(evaluation, io);
      if (calibrated !== undefined) {
        await saveModelFile(model, calibrated);
        noteLine(io, `model: ${calibrated}`);
      }
      if (report === undefined) return;
      await writeReport(report, {
        title: `${options.model} on ${options.folder}`,
        evaluations: [{ name: options.folder, evaluation }],
        environment: environmentOf(engine),
        explainPicture: explainWrong(model, {
          preprocessing: reading.preprocessing,
          classNames: evaluation.classNames,
        }),
      });
      noteLine(io, `report: ${report}`);
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

/** The size that pictures are read at before views of them are cut or scaled: crops come out of a seventh more, 256 for 224. */
function sizeBeforeViews(
  [height, width]: PictureReading['preprocessing']['imageSize'],
  { crops, scales }: Pick<ReadOptions<typeof VIEW_OPTIONS>, 'crops' | 'scales'>,
): number | readonly [height: number, width: number] {
  if (scales !== undefined) return Math.max(...scales);
  if (crops === 'none') return [height, width];
  return [Math.ceil((height * 8) / 7), Math.ceil((width * 8) / 7)];
}

async function evaluateOn(
  model: tfl.LayersModel,
  folder: ImageFolder,
  reading: PictureReading,
  options: EvaluateCommandOptions,
  io: CommandIo,
): Promise<Evaluation> {
  const { batchSize = 32, top, horizontalFlip = false, onCorrupt = 'error', scales } = options;
  const crops = options.crops ?? VIEW_OPTIONS.crops.default;
  const { imageSize } = reading.preprocessing;
  const source = await imageBatches(folder, {
    ...reading.preprocessing,
    imageSize: sizeBeforeViews(imageSize, { crops, scales }),
    batchSize,
    onCorrupt,
    shuffle: false,
  });
  if (options.calibrate !== undefined) {
    const { temperature, lossBefore, loss } = await calibrate(model, source);
    noteLine(
      io,
      `temperature ${temperature.toPrecision(4)}: loss ${formatDecimal(lossBefore)} before, ${formatDecimal(loss)} with it`,
    );
  }
  const topK = top === undefined ? {} : { topK: Math.min(top, folder.classNames.length) };
  const evaluation = await evaluate(model, source, {
    ...topK,
    ...{ horizontalFlip, crops },
    ...(crops !== 'none' && { cropSize: imageSize }),
    ...(scales !== undefined && { scales }),
  });
  noteSkipped(io, source.corrupt);
  return evaluation;
}

function printFigures(evaluation: Evaluation, io: CommandIo): void {
  const { accuracy, topK, topKAccuracy, loss, exampleCount, classNames, averages, calibration } = evaluation;
  printLine(io, formatConfusionMatrix(evaluation));
  printLine(io);
  for (const line of classRates(evaluation)) printLine(io, line);
  printLine(io);
  printLine(io, `pictures  ${exampleCount}`);
  printLine(io, `accuracy  ${formatShare(accuracy)}`);
  if (topK < classNames.length) printLine(io, `top ${topK}     ${formatShare(topKAccuracy)}`);
  printLine(io, `loss      ${formatDecimal(loss)}`);
  printLine(io, `ROC AUC   ${formatDecimal(averages.macro.rocAuc)}`);
  printLine(
    io,
    `ECE       ${formatShare(calibration.error)} (how far probabilities are from being as often right)`,
  );
}

function figures(evaluation: Evaluation, model: tfl.LayersModel): object {
  const { accuracy, topK, topKAccuracy, loss, classNames } = evaluation;
  const { confusionMatrix, classes, averages, calibration } = evaluation;
  return {
    pictures: evaluation.exampleCount,
    ...{ accuracy, topK, topKAccuracy, loss, classNames, confusionMatrix, classes, averages, calibration },
    temperature: classifierHead(model).temperature ?? 1,
  };
}
