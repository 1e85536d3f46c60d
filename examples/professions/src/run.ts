import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import type * as tfl from '@tensorflow/tfjs-layers';
import { classIndexJson } from '@zoo/core';
import { describeEngines, selectEngine, type SelectedEngine } from '@zoo/engine';
import { evaluate, formatConfusionMatrix, type Evaluation, type History } from '@zoo/train';
import { writeReport } from '@zoo/train/node';
import { saveKerasH5, saveLayersModel, writeFileAtomically } from '@zoo/weights/node';

import { classifyPictures } from './classify-pictures';
import { openData, pictureTable, type DataFolders } from './data-folders';
import { memoryWatch } from './memory-watch';
import { network } from './network';
import type { Options } from './options';
import { readPictures, type PictureSources } from './pictures';
import { OUTPUT_FILES, resolveSettings, writeSettings, type RunSettings } from './run-settings';
import { trainNetwork } from './train-network';

const CLASSIFIED_PICTURES = 5;

/** The whole job: pictures, engine, training, evaluation, files. */
export async function run(options: Options, signal: AbortSignal): Promise<void> {
  const startMs = performance.now();
  const settings = await resolveSettings(options);
  const folders = await openData({ directory: settings.data ?? undefined, signal, log });
  log(`\n${pictureTable(folders)}\n`);
  const engine = await selectEngine({
    purpose: 'train',
    ...(options.engine !== undefined && { prefer: options.engine }),
    ...(options.threads !== undefined && { threads: options.threads }),
  });
  try {
    log(`${describeEngines(engine)}\n`);
    const sources = await readPictures(folders, settings.seed, signal);
    await mkdir(options.output, { recursive: true });
    const model = network(settings, folders.train.classNames.length);
    try {
      await trainAndReport(model, { options, settings, folders, sources, engine, signal });
    } finally {
      model.dispose();
    }
    const { output } = options;
    await classifyPictures({
      modelDirectory: join(output, OUTPUT_FILES.layersModel),
      folder: folders.test,
      count: CLASSIFIED_PICTURES,
      seed: settings.seed,
      log,
    });
  } finally {
    await engine.dispose();
  }
  log(`\nall of it took ${((performance.now() - startMs) / 1000).toFixed(0)} s`);
}

interface RunParts {
  options: Options;
  settings: RunSettings;
  folders: DataFolders;
  sources: PictureSources;
  engine: SelectedEngine;
  signal: AbortSignal;
}

async function trainAndReport(model: tfl.LayersModel, parts: RunParts): Promise<void> {
  const { options, settings, sources, signal } = parts;
  const { output, resume } = options;
  log(
    `training ${model.name}, ${model.countParams().toLocaleString('en')} weights, for ${settings.epochs} epochs`,
  );
  if (!resume) await writeSettings(output, settings);
  const memory = memoryWatch();
  const { history, best } = await trainNetwork(model, {
    settings,
    sources,
    output,
    resume,
    signal,
    callbacks: [memory.callback],
  });
  log(memory.summary());
  if (!memory.isFlat()) log('warning: the number of tensors grew, which is a leak');
  log(`best epoch: ${best.epoch + 1}, kept as ${best.path}`);
  const test = await evaluate(model, sources.test, { signal });
  const unseen = sources.unseen && (await evaluate(model, sources.unseen, { signal }));
  print('held-out pictures', test);
  if (unseen !== undefined) print('pictures of the unseen art style', unseen);
  await writeResults(model, parts, { history, test, unseen });
}

interface Results {
  history: History;
  test: Evaluation;
  unseen: Evaluation | undefined;
}

async function writeResults(
  model: tfl.LayersModel,
  { options, settings, folders, engine }: RunParts,
  { history, test, unseen }: Results,
): Promise<void> {
  const pathOf = (file: keyof typeof OUTPUT_FILES): string => join(options.output, OUTPUT_FILES[file]);
  await saveLayersModel(model, pathOf('layersModel'));
  await saveKerasH5(model, pathOf('kerasFile'));
  await writeFileAtomically(pathOf('classes'), classIndexJson(folders.train.classNames));
  await writeReport(pathOf('report'), {
    title: 'Professions',
    summary: `${percent(test.accuracy)} of held-out pictures${unseen === undefined ? '' : `, ${percent(unseen.accuracy)} of an unseen art style`}.`,
    history,
    evaluations: [
      { name: 'Held-out pictures', evaluation: test },
      ...(unseen === undefined ? [] : [{ name: 'Unseen art style', evaluation: unseen }]),
    ],
    settings: {
      ...settings,
      data: folders.directory,
      engine: `${engine.name}, ${engine.threads ?? 'unknown'} threads`,
      pictures: folders.train.examples.length,
    },
  });
  log(`saved ${(['layersModel', 'kerasFile', 'classes', 'report'] as const).map(pathOf).join(', ')}`);
}

function print(name: string, evaluation: Evaluation): void {
  log(`\naccuracy on ${evaluation.exampleCount} ${name}: ${percent(evaluation.accuracy)}`);
  log(`${formatConfusionMatrix(evaluation)}\n`);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function log(line: string): void {
  process.stdout.write(`${line}\n`);
}
