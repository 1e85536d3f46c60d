import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';

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
import { isMultiLabel } from '@zoo/data';
import { readImageTable } from '@zoo/data/node';
import { writeFileAtomically } from '@zoo/weights/node';
import { Option, type Command } from 'commander';

import { noteLine, printJson, printLine, type CommandIo } from '../command-io';
import { flag } from '../flags';
import {
  expectFeaturesFile,
  featuresLines,
  networkHash,
  openFeatures,
  type CachedFeatures,
} from '../models/features-cache';
import { openClassifier } from '../models/open-classifier';
import { isTableFile } from '../models/open-set';
import { picturesIn } from '../models/picture-paths';
import type { PictureReadingOptions } from '../models/picture-reading';
import { SHIPPED_MODEL } from '../models/shipped-model';
import { formatTable } from '../output/format-table';
import { expectWritableFile } from '../output/writable-folder';
import { withEngine, type EngineOptions } from '../start-engine';

import { addInferenceOptions, examples, MODEL_ARGUMENT } from './shared-options';

const DEFAULT_MODEL = 'resnet18.tv_in1k';

/** Declares `zoo similar`. */
export function defineSimilar(command: Command, io: CommandIo): void {
  command
    .description(
      "Finds the pictures of a folder that a network sees as most similar to one, by the cosine of their features; where the folder holds one folder per class, or a table says the classes, also the nearest pictures' votes on the class.",
    )
    .argument('<picture>', 'a picture file or an address')
    .argument(
      '<folder>',
      'pictures to compare with, at any depth; or a table of them, .csv, .tsv or .jsonl, with the columns path and label',
    )
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
        'zoo similar holiday.jpg photos --model idenprof          # without a download',
        'zoo similar holiday.jpg photos.csv',
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
 * Compares a picture with all of a folder, or of a table.
 *
 * Features are kept in a file, so that the next search computes new and changed pictures only; memory is that of one batch.
 *
 * @throws ZooError `invalid-file` for a picture that can't be read, or, at the end, if some of the folder could not be.
 */
export async function similar(options: SimilarOptions, io: CommandIo): Promise<void> {
  const { folder, count = 5, neighbors = 20 } = options;
  const compared = await picturesOf(folder);
  if (options.features !== undefined) {
    await expectWritableFile('--features', options.features);
    await expectFeaturesFile('--features', options.features);
  }
  await withEngine({ ...options, purpose: 'infer' }, io, async () => {
    const classifier = await openComparing(options, io);
    try {
      const nearest = nearestTo<string>(await featuresOf(classifier, options.picture), {
        count: Math.max(count, neighbors),
      });
      const failed = await showAll(classifier, compared, nearest, options, io);
      answer(nearest.neighbors, compared, options, io);
      if (failed === 0) return;
      throw new ZooError(
        'invalid-file',
        `${failed} of ${compared.paths.length} pictures could not be read; they are named above.`,
      );
    } finally {
      classifier.dispose();
    }
  });
}

/** The network that compares. Where the default can't be downloaded, the error says which one needs no download. */
async function openComparing({ model, ...options }: SimilarOptions, io: CommandIo): Promise<Classifier> {
  try {
    return await openClassifier(model, options, io, '--model');
  } catch (error) {
    if (model !== DEFAULT_MODEL || !isZooError(error, 'download')) throw error;
    throw new ZooError(
      'download',
      `${error.message} Or compare by a network that is here: --model ${SHIPPED_MODEL} comes along.`,
      { cause: error },
    );
  }
}

/** The pictures to compare with. */
interface Compared {
  /** The folder that their names start from. */
  readonly base: string;
  /** By their names in order, each once. */
  readonly paths: readonly string[];
  /** The class of the picture at a path; undefined where nothing says it, or a picture may have several. */
  readonly classOf: (path: string) => string | undefined;
}

async function picturesOf(place: string): Promise<Compared> {
  return (await isTableFile(place)) ? picturesOfTable(place) : picturesOfFolder(place);
}

async function picturesOfFolder(folder: string): Promise<Compared> {
  if ((await stat(folder).catch(() => undefined))?.isDirectory() !== true)
    throw new ZooError(
      'invalid-file',
      `Expected a folder of pictures at ${folder} but there is none. Check the path.`,
    );
  const paths: string[] = [];
  for await (const each of picturesIn(folder)) {
    if ('error' in each) throw each.error;
    paths.push(each.path);
  }
  const classOf = (path: string): string | undefined => {
    const [className, ...rest] = relative(folder, path).split(sep);
    return rest.length === 0 ? undefined : className!;
  };
  return { base: folder, paths, classOf };
}

async function picturesOfTable(table: string): Promise<Compared> {
  const set = await readImageTable(table);
  const base = dirname(table);
  const classes = isMultiLabel(set)
    ? new Map<string, string>()
    : new Map(set.examples.map(({ path, label }) => [path, set.classNames[label]!]));
  const names = [...new Set(set.examples.map(({ path }) => relative(base, path)))].sort();
  return {
    base,
    paths: names.map((name) => join(base, name)),
    classOf: (path) => classes.get(resolve(path)),
  };
}

async function featuresOf(classifier: Classifier, picture: string): Promise<Float32Array> {
  for await (const each of pictureFeatures(classifier, [picture])) {
    if ('error' in each) throw each.error;
    return each.features;
  }
  throw new ZooError('invalid-file', `Expected a picture at ${picture} but there is none. Check the path.`);
}

/** Shows all pictures but the one that is asked about, keeps their features, and counts those that can't be read. */
async function showAll(
  classifier: Classifier,
  { base, paths: all }: Compared,
  nearest: Nearest<string>,
  { folder, picture, features, batchSize = 32 }: SimilarOptions,
  io: CommandIo,
): Promise<number> {
  const network = await networkHash(classifier);
  const file = features ?? defaultFile(folder, network, io);
  const reader = await openFeatures(file, network);
  let failed = 0;
  const entries = async function* (): AsyncGenerator<CachedFeatures, void> {
    for (let start = 0; start < all.length; start += batchSize) {
      const paths = all.slice(start, start + batchSize);
      for (const entry of await entriesOf(classifier, paths, base, reader)) {
        if ('error' in entry) {
          failed += 1;
          noteLine(io, isZooError(entry.error) ? entry.error.message : String(entry.error));
          continue;
        }
        const path = join(base, entry.path);
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
    const name = relative(folder, path);
    // A table may name a file that is not there: reading it says so.
    const status = await stat(path).catch(() => undefined);
    const features = status && (await reader.find(name, status));
    known.push({ path: name, sizeBytes: status?.size ?? 0, modifiedMs: status?.mtimeMs ?? 0, features });
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
  { classOf }: Compared,
  { count = 5, neighbors = 20, json = false }: SimilarOptions,
  io: CommandIo,
): void {
  const voters = found
    .slice(0, neighbors)
    .map(({ item, similarity }) => ({ className: classOf(item), similarity }));
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
