import type * as tfl from '@tensorflow/tfjs-layers';
import type { NetworkOptions } from '@zoo/classify';
import { ArgumentError, classifierHead, ZooError } from '@zoo/core';
import { formatConfusionMatrix, MOST_TABLE_CLASSES, shownClasses, type Evaluation } from '@zoo/train';
import { writeReport } from '@zoo/train/node';
import { VIEW_OPTIONS } from '@zoo/train/options';
import { expectSavablePath, saveModelFile } from '@zoo/weights/node';
import { Option, type Command } from 'commander';

import { type CommandIo, noteLine, printJson, printLine } from '../command-io';
import { environmentOf } from '../environment';
import { flag } from '../flags';
import { explainWrong } from '../models/explain-wrong';
import { measureModels, measureMultiLabel, type MeasureOptions } from '../models/measure-models';
import { openAll } from '../models/open-all';
import { openModel } from '../models/open-model';
import { openNotedSet } from '../models/open-set';
import { pictureReading, type PictureReading, type PictureReadingOptions } from '../models/picture-reading';
import { numbersOption } from '../option-values';
import { classRates } from '../output/class-rates';
import { formatDecimal, formatShare } from '../output/format-number';
import { multiLabelFigures, printMultiLabel } from '../output/multi-label';
import { expectWritableFile } from '../output/writable-folder';
import { withEngine, type EngineOptions } from '../start-engine';

import {
  addEnsembleOptions,
  addInferenceOptions,
  examples,
  MODEL_ARGUMENT,
  otherModels,
  SHARED_OPTIONS,
  type EnsembleFlags,
} from './shared-options';

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
    ).conflicts('with'),
  );
  addEnsembleOptions(addInferenceOptions(command))
    .addOption(SHARED_OPTIONS.onCorrupt())
    .addHelpText(
      'after',
      examples(
        'zoo evaluate runs/pictures holdout --report holdout.html',
        'zoo evaluate runs/first holdout --with runs/second --average logits',
      ),
    )
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
    Pick<EnsembleFlags, 'with'>,
    MeasureOptions {
  model: string;
  folder: string;
  report?: string;
  json?: boolean;
}

/** Measures a saved model on a folder of pictures. */
export async function evaluateModel(options: EvaluateCommandOptions, io: CommandIo): Promise<void> {
  const { report, calibrate: calibrated } = options;
  const others = otherModels(options);
  if (report !== undefined) await expectWritableFile('--report', report);
  if (calibrated !== undefined) {
    expectSavablePath(calibrated, '--calibrate');
    await expectWritableFile('--calibrate', calibrated);
  }
  const folder = await openNotedSet(options.folder, io);
  await withEngine({ ...options, purpose: 'infer' }, io, async (engine) => {
    const places = [options.model, ...others];
    const models = await openAll(places, (place, argument) => openModel(place, io, options, argument));
    const [model] = models as [tfl.LayersModel];
    try {
      for (const each of models) expectScalable(each, options);
      const readings: PictureReading[] = [];
      for (const each of models) readings.push(await pictureReading(each, options));
      if (models.length === 1 && classifierHead(model).kind === 'multiLabel') {
        expectMeasurable(options);
        const measured = await measureMultiLabel(model, readings[0]!, folder, options, io);
        if (options.json === true) printJson(io, { ...multiLabelFigures(measured), ...temperatureOf(model) });
        else printMultiLabel(measured, io);
        if (calibrated !== undefined) await saveCalibrated(model, calibrated, io);
        return;
      }
      const { evaluation, alone } = await measureModels(models, readings, folder, options, io);
      if (options.json === true) {
        printJson(io, { ...figures(evaluation, model), ...memberFigures(places, alone) });
      } else {
        printFigures(evaluation, io);
        for (const [index, { accuracy }] of alone.entries())
          printLine(io, `alone     ${formatShare(accuracy)}  ${places[index]!}`);
      }
      if (calibrated !== undefined) await saveCalibrated(model, calibrated, io);
      if (report === undefined) return;
      await writeReport(report, {
        title: `${places.join(' and ')} on ${options.folder}`,
        evaluations: [
          { name: alone.length === 0 ? options.folder : `${options.folder}, together`, evaluation },
          ...alone.map((each, index) => ({ name: places[index]!, evaluation: each })),
        ],
        environment: environmentOf(engine),
        ...(alone.length === 0 && {
          explainPicture: explainWrong(model, {
            preprocessing: readings[0]!.preprocessing,
            classNames: evaluation.classNames,
          }),
        }),
      });
      noteLine(io, `report: ${report}`);
    } finally {
      for (const each of models) each.dispose();
    }
  });
}

/** Throws for sizes that a model does not read. */
function expectScalable(
  model: tfl.LayersModel,
  { scales, crops = VIEW_OPTIONS.crops.default }: MeasureOptions,
): void {
  const [, height, width] = model.inputs[0]!.shape;
  if (scales === undefined || crops !== 'none' || height == null || width == null) return;
  if (scales.every((size) => size === height && size === width)) return;
  throw new ArgumentError(
    '--scales',
    `${height} alone, the size that '${model.name}' reads,`,
    scales,
    'Give --crops five too, whose crops have that size, or take a model that leaves its size open.',
  );
}

/** Throws for options that make no sense where a network tells several classes per picture. */
function expectMeasurable({ top, report }: EvaluateCommandOptions): void {
  const name = top !== undefined ? '--top' : report !== undefined ? '--report' : undefined;
  if (name === undefined) return;
  throw new ZooError(
    'unsupported',
    `Expected a network that tells one class per picture for ${name} but this one tells several. Leave ${name} out.`,
  );
}

async function saveCalibrated(model: tfl.LayersModel, path: string, io: CommandIo): Promise<void> {
  await saveModelFile(model, path);
  noteLine(io, `model: ${path}`);
}

function memberFigures(places: readonly string[], alone: readonly Evaluation[]): object {
  if (alone.length === 0) return {};
  const members = alone.map(({ accuracy, topKAccuracy, loss }, index) => ({
    model: places[index],
    ...{ accuracy, topKAccuracy, loss },
  }));
  return { members };
}

function printFigures(evaluation: Evaluation, io: CommandIo): void {
  const { accuracy, topK, topKAccuracy, loss, exampleCount, classNames, averages, calibration } = evaluation;
  if (shownClasses(evaluation).length <= MOST_TABLE_CLASSES) {
    printLine(io, formatConfusionMatrix(evaluation));
    printLine(io);
  }
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
    ...temperatureOf(model),
  };
}

const temperatureOf = (model: tfl.LayersModel) => ({ temperature: classifierHead(model).temperature ?? 1 });
