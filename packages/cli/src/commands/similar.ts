import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';

import {
  nearestTo,
  neighborVotes,
  pictureFeatures,
  type Classifier,
  type Nearest,
  type Neighbor,
  type NetworkOptions,
} from '@zoo/classify';
import { cacheDirectory, formatPredictions, isZooError, ZooError } from '@zoo/core';
import { writeFileAtomically } from '@zoo/weights/node';
import { Option, type Command } from 'commander';

import { noteLine, printJson, printLine, type CommandIo } from '../command-io';
import { flag } from '../flags';
import { featuresLines, networkHash, openFeatures, type CachedFeatures } from '../models/features-cache';
import { openClassifier } from '../models/open-classifier';
import { picturesIn, type PicturePath } from '../models/picture-paths';
import type { PictureReadingOptions } from '../models/picture-reading';
import { formatTable } from '../output/format-table';
import { expectWritableFile } from '../output/writable-folder';
import { withEngine, type EngineOptions } from '../start-engine';

import { addInferenceOptions, examples, MODEL_ARGUMENT } from './shared-options';

const DEFAULT_MODEL = 'resnet18.tv_in1k';

/** Declares `zoo similar`. */
export function defineSimilar(command: Command, io: CommandIo): void {
  command
    .description(
      "Finds the pictures of a folder that a network sees as most similar to one, by the cosine of their features; where the folder holds one folder a class, also the nearest pictures' votes on the class.",
    )
    .argument('<picture>', 'a picture file or an address')
    .argument('<folder>', 'pictures to compare with, at any depth')
    .addOption(new Option('--model <model>', MODEL_ARGUMENT).default(DEFAULT_MODEL))
    .addOption(flag('--count <count>', 'pictures to print', { type: 'integer', minimum: 1, default: 5 }))
    .addOption(
      flag('--neighbors <count>', 'nearest pictures that vote on the class', {
        type: 'integer',
        minimum: 1,
        default: 20,
      }),
    )
    .addOption(
      new Option('--features <file>', "where the folder's features are kept (default: in the zoo's cache)"),
    );
  addInferenceOptions(command)
    .addHelpText(
      'after',
      examples(
        'zoo similar holiday.jpg photos',
        'zoo similar holiday.jpg pictures --model runs/pictures --neighbors 50 --json',
      ),
    )
    .action((picture: string, folder: string, options: Omit<SimilarOptions, 'picture' | 'folder'>) =>
      similar({ ...options, picture, folder }, io),
    );
}

/** Options of `zoo similar`. */
export interface SimilarOptions
  extends PictureReadingOptions, Omit<NetworkOptions, 'imageSize'>, EngineOptions {
  picture: string;
  folder: string;
  model: string;
  count?: number;
  neighbors?: number;
  features?: string;
  json?: boolean;
  batchSize?: number;
}

/**
 * Compares a picture with all of a folder.
 *
 * Features are kept in a file, so that the next search computes new and changed pictures only; memory is that of one batch.
 *
 * @throws ZooError `invalid-file` for a picture that can't be read, or, at the end, if some of the folder could not be.
 */
export async function similar(options: SimilarOptions, io: CommandIo): Promise<void> {
  const { folder, count = 5, neighbors = 20 } = options;
  const pictures = await picturesOf(folder);
  if (options.features !== undefined) await expectWritableFile('--features', options.features);
  await withEngine({ ...options, purpose: 'infer' }, io, async () => {
    const classifier = await openClassifier(options.model, options, io);
    try {
      const nearest = nearestTo<string>(await featuresOf(classifier, options.picture), {
        count: Math.max(count, neighbors),
      });
      const failed = await showFolder(classifier, pictures, nearest, options, io);
      answer(nearest.neighbors, options, io);
      if (failed === 0) return;
      throw new ZooError(
        'invalid-file',
        `${failed} of ${pictures.length} pictures could not be read; they are named above.`,
      );
    } finally {
      classifier.dispose();
    }
  });
}

async function picturesOf(folder: string): Promise<PicturePath[]> {
  if ((await stat(folder).catch(() => undefined))?.isDirectory() !== true)
    throw new ZooError(
      'invalid-file',
      `Expected a folder of pictures at ${folder} but there is none. Check the path.`,
    );
  const found: PicturePath[] = [];
  for await (const each of picturesIn(folder)) {
    if ('error' in each) throw each.error;
    found.push(each);
  }
  return found;
}

async function featuresOf(classifier: Classifier, picture: string): Promise<Float32Array> {
  for await (const each of pictureFeatures(classifier, [picture])) {
    if ('error' in each) throw each.error;
    return each.features;
  }
  throw new ZooError('invalid-file', `Expected a picture at ${picture}.`);
}

/** Shows all pictures of the folder but the one that is asked about, keeps their features, and counts those that can't be read. */
async function showFolder(
  classifier: Classifier,
  pictures: readonly PicturePath[],
  nearest: Nearest<string>,
  { folder, picture, features, batchSize = 32 }: SimilarOptions,
  io: CommandIo,
): Promise<number> {
  const network = await networkHash(classifier);
  const file = features ?? defaultFile(folder, network, io);
  const reader = await openFeatures(file, network);
  let failed = 0;
  const entries = async function* (): AsyncGenerator<CachedFeatures, void> {
    for (let start = 0; start < pictures.length; start += batchSize) {
      const paths = pictures.slice(start, start + batchSize).map(({ path }) => path);
      for (const entry of await entriesOf(classifier, paths, folder, reader)) {
        if ('error' in entry) {
          failed += 1;
          noteLine(io, isZooError(entry.error) ? entry.error.message : String(entry.error));
          continue;
        }
        const path = join(folder, entry.path);
        if (resolve(path) !== resolve(picture)) nearest.show(path, entry.features);
        yield entry;
      }
    }
  };
  try {
    await writeFileAtomically(file, featuresLines(network, entries()));
  } finally {
    reader.close();
  }
  return failed;
}

/** Of some pictures, in order: what is kept of them, computed where nothing is. */
async function entriesOf(
  classifier: Classifier,
  paths: readonly string[],
  folder: string,
  reader: Awaited<ReturnType<typeof openFeatures>>,
): Promise<(CachedFeatures | { readonly error: unknown })[]> {
  const known: (Omit<CachedFeatures, 'features'> & { features: Float32Array | undefined })[] = [];
  for (const path of paths) {
    const status = await stat(path);
    const name = relative(folder, path);
    const features = await reader.find(name, status);
    known.push({ path: name, sizeBytes: status.size, modifiedMs: status.mtimeMs, features });
  }
  const missing = known.flatMap((each, at) => (each.features === undefined ? [paths[at]!] : []));
  const computed = pictureFeatures(classifier, missing, { batchSize: Math.max(1, missing.length) });
  const entries: (CachedFeatures | { readonly error: unknown })[] = [];
  for (const { features, ...each } of known) {
    if (features !== undefined) {
      entries.push({ ...each, features });
      continue;
    }
    const { value } = await computed.next();
    if (value !== undefined) entries.push('error' in value ? value : { ...each, features: value.features });
  }
  return entries;
}

/** One file a folder and network. */
function defaultFile(folder: string, network: string, io: CommandIo): string {
  const name = createHash('sha256')
    .update(`${resolve(folder)}\n${network}`)
    .digest('hex')
    .slice(0, 32);
  return join(cacheDirectory(io.environment), 'features', `${name}.jsonl`);
}

function answer(
  found: readonly Neighbor<string>[],
  { folder, count = 5, neighbors = 20, json = false }: SimilarOptions,
  io: CommandIo,
): void {
  const voters = found.slice(0, neighbors).map(({ item, similarity }) => {
    const [className, ...rest] = relative(folder, item).split(sep);
    return { className: rest.length === 0 ? undefined : className!, similarity };
  });
  const isByClass = voters.every(({ className }) => className !== undefined);
  const votes = isByClass ? neighborVotes(voters as { className: string; similarity: number }[]) : [];
  const nearest = found.slice(0, count).map(({ item, similarity }) => ({ picture: item, similarity }));
  if (json) {
    printJson(io, { nearest, ...(votes.length > 0 && { classes: votes }) });
    return;
  }
  for (const line of formatTable(nearest.map(({ picture, similarity }) => [similarity.toFixed(4), picture])))
    printLine(io, line);
  if (votes.length > 0) printLine(io, `\n${formatPredictions(votes)}`);
}
