import { extname } from 'node:path';

import type * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { NetworkOptions } from '@zoo/classify';
import { ArgumentError, type BatchSource } from '@zoo/core';
import type { ImageFolder } from '@zoo/data/node';
import { CALIBRATION_METHOD } from '@zoo/weights';
import { Option, type Command } from 'commander';

import { type CommandIo, noteLine, printJson, printLine } from '../command-io';
import { flag } from '../flags';
import { compareAnswers, type Comparison } from '../models/compare-answers';
import { measuredAnswers, measuredSource, printComparison, thresholdOf } from '../models/measured-pictures';
import { openModel } from '../models/open-model';
import { openNotedSet } from '../models/open-set';
import { pictureReading, type PictureReadingOptions } from '../models/picture-reading';
import {
  answerOf,
  QUANTIZED_FORMATS,
  type QuantizedFormat,
  type QuantizedFormatName,
} from '../models/quantized-formats';
import { formatShare } from '../output/format-number';
import { progressLine } from '../output/progress-line';
import { withEngine, type EngineOptions } from '../start-engine';

import { addInferenceOptions, examples, MODEL_ARGUMENT, SHARED_OPTIONS } from './shared-options';

const TYPE = { type: 'choice', choices: ['int8', 'float16'], default: 'int8' } as const;
const FORMAT = {
  type: 'choice',
  choices: Object.keys(QUANTIZED_FORMATS) as QuantizedFormatName[],
} as const;
const PICTURES = { type: 'integer', minimum: 1, default: 128 } as const;

/** Pictures in a batch: the host reads all activations of a batch. */
const CALIBRATION_BATCH = 8;

/** Declares `zoo quantize`. */
export function defineQuantize(command: Command, io: CommandIo): void {
  command
    .description(
      'Writes a saved model with weights in a half or a quarter of the bytes, and says what that costs in accuracy. ONNX in int8 is also computed in whole numbers, in ranges that pictures show.',
    )
    .argument('<model>', MODEL_ARGUMENT)
    .argument('<output>', 'the file to write, .onnx or .safetensors; with --format tfjs the folder')
    .addOption(
      new Option(
        '--data <folder>',
        'pictures in one folder per class, on which accuracy before and after is measured; or the test part of a known set: set:imagenette-160',
      ),
    )
    .addOption(flag('--to <type>', 'what weights become; TensorFlow.js calls its whole numbers uint8', TYPE))
    .addOption(
      flag('--format <name>', 'what is written', FORMAT, "what <output>'s ending says; tfjs without one"),
    )
    .addOption(
      new Option(
        '--calibration <folder>',
        "ONNX in int8: the pictures that show the activations' ranges, in one folder per class (default: --data's)",
      ),
    )
    .addOption(flag('--calibration-pictures <count>', 'how many of them', PICTURES))
    .addOption(flag('--calibration-method <name>', 'how a range follows from them', CALIBRATION_METHOD))
    .addOption(
      new Option(
        '--weights-only',
        'ONNX in int8: activations stay float32; needs no pictures, and is not quicker',
      ),
    )
    .addOption(
      new Option(
        '--reduce-range',
        'ONNX in int8: weights of 7 bits, for x86 processors without VNNI (before about 2019)',
      ),
    );
  addInferenceOptions(command)
    .addOption(SHARED_OPTIONS.onCorrupt())
    .addHelpText(
      'after',
      examples(
        'zoo quantize runs/pictures pictures.onnx --data holdout --calibration pictures',
        'zoo quantize runs/pictures small.safetensors --data holdout',
        'zoo quantize runs/pictures web-model --to float16',
      ),
    )
    .action((model: string, output: string, options: Omit<QuantizeOptions, 'model' | 'output'>) =>
      quantizeModel({ ...options, model, output }, io),
    );
}

/** Options of `zoo quantize`. */
export interface QuantizeOptions
  extends PictureReadingOptions, Omit<NetworkOptions, 'imageSize'>, EngineOptions {
  model: string;
  output: string;
  data?: string;
  to?: (typeof TYPE.choices)[number];
  format?: QuantizedFormatName;
  calibration?: string;
  calibrationPictures?: number;
  calibrationMethod?: (typeof CALIBRATION_METHOD.choices)[number];
  weightsOnly?: boolean;
  reduceRange?: boolean;
  json?: boolean;
  batchSize?: number;
  onCorrupt?: 'error' | 'skip';
}

/** What was written, and what it costs. */
interface Outcome extends Partial<Comparison> {
  readonly output: string;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

/**
 * Writes a saved model with smaller weights, and measures it before and after where there are pictures.
 *
 * @throws ArgumentError for options that do not fit each other and an output that can't be written, before any work is done.
 */
export async function quantizeModel(options: QuantizeOptions, io: CommandIo): Promise<void> {
  const { output, to = TYPE.default } = options;
  const formatName = options.format ?? formatOf(output);
  const format = QUANTIZED_FORMATS[formatName];
  const isCalibrated = formatName === 'onnx' && to === 'int8' && options.weightsOnly !== true;
  expectFitting(options, formatName, to, isCalibrated);
  await format.expectWritable(output);
  const data = options.data === undefined ? undefined : await openNotedSet(options.data, io);
  const calibration = isCalibrated ? await calibrationFolder(options, data, io) : undefined;
  await withEngine({ ...options, purpose: 'infer' }, io, async () => {
    const model = await openModel(options.model, io, options);
    try {
      const reading =
        data === undefined && calibration === undefined ? undefined : await pictureReading(model, options);
      const measured = data && (await measuredSource(data, reading!, options, io));
      const shown =
        calibration &&
        (await measuredSource(calibration, reading!, { ...options, batchSize: CALIBRATION_BATCH }, io));
      await format.save(model, output, {
        dtype: to,
        ...(shown && {
          calibration: imagesOf(shown, io),
          calibrationMethod: options.calibrationMethod ?? CALIBRATION_METHOD.default,
        }),
        ...(options.reduceRange === true && { reduceRange: true }),
      });
      const outcome: Outcome = {
        output,
        bytesBefore: await format.bytesBefore(model, output),
        bytesAfter: await format.bytesAfter(output),
        ...(measured && (await measure(model, format, output, measured, io))),
      };
      if (options.json === true) printJson(io, outcome);
      else printOutcome(outcome, io);
    } finally {
      model.dispose();
    }
  });
}

function formatOf(output: string): QuantizedFormatName {
  const found = FORMAT.choices.find((name) => {
    const { ending } = QUANTIZED_FORMATS[name];
    return ending !== undefined && output.toLowerCase().endsWith(ending);
  });
  if (found !== undefined) return found;
  if (extname(output) === '') return 'tfjs';
  throw new ArgumentError(
    '<output>',
    'a name that ends in .onnx or .safetensors, or a folder with --format tfjs',
    output,
  );
}

function expectFitting(
  options: QuantizeOptions,
  formatName: QuantizedFormatName,
  to: string,
  isCalibrated: boolean,
): void {
  const { output } = options;
  const format = QUANTIZED_FORMATS[formatName];
  if (format.ending !== undefined && !output.toLowerCase().endsWith(format.ending)) {
    throw new ArgumentError(
      '<output>',
      `a name that ends in ${format.ending} with --format ${formatName}`,
      output,
    );
  }
  if (isCalibrated && options.data === undefined && options.calibration === undefined) {
    throw new ArgumentError(
      '--data',
      "a folder of pictures, which show the activations' ranges,",
      undefined,
      'Give one, or --weights-only.',
    );
  }
  const forOnnx = { weightsOnly: '--weights-only', reduceRange: '--reduce-range' } as const;
  for (const [name, optionFlag] of Object.entries(forOnnx)) {
    if (options[name as keyof typeof forOnnx] !== true || (formatName === 'onnx' && to === 'int8')) continue;
    throw new ArgumentError(optionFlag, 'ONNX in int8 beside it', `${formatName} in ${to}`);
  }
  const forCalibration = {
    calibration: '--calibration',
    calibrationPictures: '--calibration-pictures',
    calibrationMethod: '--calibration-method',
  } as const;
  for (const [name, optionFlag] of Object.entries(forCalibration)) {
    if (options[name as keyof typeof forCalibration] === undefined || isCalibrated) continue;
    throw new ArgumentError(optionFlag, 'ONNX in int8 with activations beside it', `${formatName} in ${to}`);
  }
}

/** As many pictures as are asked for, from all over the folder. */
async function calibrationFolder(
  { calibration, calibrationPictures = PICTURES.default }: QuantizeOptions,
  data: ImageFolder | undefined,
  io: CommandIo,
): Promise<ImageFolder> {
  const folder = calibration === undefined ? data! : await openNotedSet(calibration, io);
  const { examples } = folder;
  const count = Math.min(calibrationPictures, examples.length);
  if (calibration === undefined) {
    noteLine(
      io,
      `The ranges of the activations come from ${count} of the pictures that accuracy is measured on. --calibration names others.`,
    );
  }
  const chosen = Array.from(
    { length: count },
    (_, i) => examples[Math.floor((i * examples.length) / count)]!,
  );
  return { ...folder, examples: chosen };
}

/** The images of a source's batches; they belong to whoever receives them. */
async function* imagesOf(source: BatchSource, io: CommandIo): AsyncGenerator<tf.Tensor4D> {
  const line = progressLine(io, 'pictures calibrated on');
  let done = 0;
  try {
    for await (const { images, labels } of source.batches({ epoch: 0 })) {
      labels.dispose();
      done += images.shape[0];
      yield images;
      line.update(done, source.exampleCount);
    }
  } finally {
    line.clear();
  }
}

/** Accuracy of the model and of what was written from it; nothing of the latter where it can't be run. */
async function measure(
  model: tfl.LayersModel,
  format: QuantizedFormat,
  output: string,
  source: BatchSource,
  io: CommandIo,
): Promise<Partial<Comparison>> {
  const threshold = thresholdOf(model);
  const before = await measuredAnswers(source, answerOf(model), io);
  const written = await format.open(model, output);
  if (written === undefined) {
    noteLine(
      io,
      'onnxruntime-node is not installed, so that what was written cannot be measured. npm install onnxruntime-node brings it.',
    );
    const { pictures, accuracyBefore } = compareAnswers(before, before, threshold);
    return { pictures, accuracyBefore };
  }
  try {
    return compareAnswers(before, await measuredAnswers(source, written.answer, io), threshold);
  } finally {
    await written.close();
  }
}

function printOutcome(outcome: Outcome, io: CommandIo): void {
  const { output, bytesBefore, bytesAfter } = outcome;
  const share = formatShare(bytesAfter / bytesBefore);
  printLine(io, output);
  printLine(io, `size       ${megabytes(bytesBefore)} before, ${megabytes(bytesAfter)} after: ${share}`);
  printComparison(outcome, io);
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;
