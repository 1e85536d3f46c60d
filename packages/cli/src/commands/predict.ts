import { createEnsemble, type ClassifiedPicture, type Classifier, type NetworkOptions } from '@zoo/classify';
import { ZooError } from '@zoo/core';
import { Option, type Command } from 'commander';

import { type CommandIo, noteLine } from '../command-io';
import { flag } from '../flags';
import { openAll } from '../models/open-all';
import { openClassifier } from '../models/open-classifier';
import { picturePaths, type PicturePath } from '../models/picture-paths';
import type { PictureReadingOptions } from '../models/picture-reading';
import { modelAndPictures } from '../models/shipped-model';
import { PREDICTION_FORMATS, type PictureAnswer, type PredictionFormat } from '../output/prediction-writer';
import { predictionWriter } from '../output/predictions';
import { withEngine, type EngineOptions } from '../start-engine';

import {
  addEnsembleOptions,
  addInferenceOptions,
  examples,
  otherModels,
  PLACES_ARGUMENT,
  type EnsembleFlags,
} from './shared-options';

/** Declares `zoo predict`. */
export function definePredict(command: Command, io: CommandIo): void {
  command
    .description('Classifies pictures and prints the most probable classes in percent, one line each.')
    .usage('[options] [model] <pictures...>')
    .argument('<places...>', PLACES_ARGUMENT)
    .addOption(
      flag('--top <count>', 'classes to print for each picture', { type: 'integer', minimum: 1, default: 5 }),
    );
  command.addOption(
    new Option(
      '--format <name>',
      'what is printed (default: table); csv has a row a class, html is a page with the pictures',
    )
      .choices([...PREDICTION_FORMATS])
      .conflicts('json'),
  );
  addEnsembleOptions(addInferenceOptions(command))
    .addHelpText(
      'after',
      examples(
        'zoo predict fireman.jpg',
        'zoo predict runs/pictures holiday.jpg',
        'zoo predict hf:microsoft/resnet-50 photo.jpg',
        'zoo predict resnet50.tv_in1k photos --format csv > answers.csv',
        'zoo predict photos --format html > answers.html',
        'zoo predict resnet50.tv2_in1k photo.jpg --with resnet101.tv2_in1k --with resnet152.tv2_in1k',
        'curl -s https://example.org/photo.jpg | zoo predict -',
        'zoo predict idenprof_061-0.7933.h5 fireman.jpg --variant idenprof --normalization scale --class-index idenprof_model_class.json',
      ),
    )
    .action(async (places: string[], options: Omit<PredictOptions, 'model' | 'pictures'>) =>
      predict({ ...options, ...(await modelAndPictures(command, places, io)) }, io),
    );
}

/** Options of `zoo predict`. */
export interface PredictOptions
  extends PictureReadingOptions, Omit<NetworkOptions, 'imageSize'>, EngineOptions, EnsembleFlags {
  model: string;
  pictures: string[];
  top?: number;
  json?: boolean;
  format?: PredictionFormat;
  batchSize?: number;
}

/**
 * Classifies pictures and prints the most probable classes of each, as they are done.
 *
 * @throws ZooError `invalid-file` at the end if some could not be read; the others are answered by then.
 */
export async function predict(options: PredictOptions, io: CommandIo): Promise<void> {
  const found: PicturePath[] = [];
  for await (const each of picturePaths(options.pictures, io.stdin)) found.push(each);
  const [first] = found;
  // A single unreadable picture is refused before an engine and a model are loaded.
  if (found.length === 1 && 'error' in first!) throw first.error;
  await withEngine({ ...options, purpose: 'infer' }, io, async () => {
    const classifier = await openTogether(options, io);
    try {
      await answerAll(classifier, found, options, io);
    } finally {
      classifier.dispose();
    }
  });
}

/** The classifier that is asked for, or several as one. */
async function openTogether(options: PredictOptions, io: CommandIo): Promise<Answering> {
  const { model, average } = options;
  const opened = await openAll([model, ...otherModels(options)], (place, argument) =>
    openClassifier(place, options, io, argument),
  );
  if (opened.length === 1) return opened[0]!;
  try {
    return createEnsemble(opened, average && { average });
  } catch (error) {
    for (const each of opened) each.dispose();
    throw error;
  }
}

type Answering = Pick<Classifier, 'results' | 'dispose'>;

async function answerAll(
  classifier: Answering,
  found: readonly PicturePath[],
  { pictures, top = 5, json = false, format = json ? 'json' : 'table', batchSize = 32 }: PredictOptions,
  io: CommandIo,
): Promise<void> {
  const writer = await predictionWriter(format, found.length === 1 && found[0]!.path === pictures[0]);
  io.stdout.write(writer.head);
  const failures: unknown[] = [];
  let count = 0;
  const say = async (answer: PictureAnswer, content?: File): Promise<void> => {
    io.stdout.write(await writer.answer(answer, count, content));
    if (!('error' in answer) || format.startsWith('json')) count += 1;
  };
  for await (const { path, content, result } of resultsOf(classifier, found, { top, batchSize })) {
    if (!('error' in result)) {
      await say({ picture: path, predictions: result.predictions }, content);
      continue;
    }
    failures.push(result.error);
    const error = result.error instanceof Error ? result.error.message : String(result.error);
    if (found.length > 1) noteLine(io, error);
    await say({ picture: path, error });
  }
  io.stdout.write(writer.tail(count));
  if (failures.length === 0) return;
  if (found.length === 1) throw failures[0];
  throw new ZooError(
    'invalid-file',
    `${failures.length} of ${found.length} pictures could not be read; they are named above.`,
  );
}

interface PathResult {
  readonly path: string;
  readonly content?: File;
  readonly result: ClassifiedPicture | { error: unknown };
}

/** The answers to all places, in their order. */
async function* resultsOf(
  classifier: Answering,
  found: readonly PicturePath[],
  options: { top: number; batchSize: number },
): AsyncGenerator<PathResult, void> {
  const readable = found.flatMap((each) => ('error' in each ? [] : [each.content ?? each.path]));
  const results = classifier.results(readable, options);
  for (const each of found) {
    if ('error' in each) {
      yield { path: each.path, result: each };
      continue;
    }
    const { value } = await results.next();
    if (value !== undefined) yield { ...each, result: value };
  }
}
