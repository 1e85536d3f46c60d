import { isZooError, ZooError } from '@zoo/core';
import { pickOptions, READING_OPTIONS } from '@zoo/core/options';
import { openSource } from '@zoo/weights';

import { hubFile } from '#hub-file';

import { LOADING_OPTIONS, type LoadingOptions } from '../pretrained/loading-options';

import { licenceOfCard } from './card-licence';
import { type HubConfig, hubConfig, parseHubJson } from './hub-config';
import { hubRepository, type HubRepository } from './hub-repository';

/** Files of weights, the best first. */
const WEIGHT_FILES = ['model.safetensors', 'pytorch_model.bin'] as const;

/** The names of a configuration's classes, a tenth of a kilobyte each, are the most of it. */
const MAXIMUM_CONFIG_BYTES = 2 ** 23;
const MAXIMUM_CARD_BYTES = 2 ** 16;

/** A model of the Hugging Face Hub, before it is built. */
export interface HubModel {
  /** What the configuration is called in messages. */
  readonly source: string;
  readonly config: HubConfig;
  /** The licence of the weights, by the configuration or the card; undefined where neither says. */
  readonly licence: string | undefined;
  /** Makes the file of weights come. */
  readonly weights: () => Promise<string>;
}

/**
 * What the Hub has at `hf:user/repository` or `hf:user/repository@revision`. No network is built here, so that a page that builds one loads
 * nothing of it.
 *
 * @throws ZooError 'download' where the Hub has no such model, or not for this reader; 'unsupported'; 'invalid-file'.
 */
export async function openHubModel(name: string, options: LoadingOptions): Promise<HubModel> {
  const repository = hubRepository(name);
  const json = await readJson(repository, 'config.json', options);
  if (json === undefined) {
    throw new ZooError(
      'unsupported',
      `Expected a config.json in ${name} but it has none. Choose another model.`,
    );
  }
  const source = `${name}'s config.json`;
  const config = await hubConfig(json, source, () =>
    readJson(repository, 'preprocessor_config.json', options),
  );
  const licence = config.licence ?? (await cardLicence(repository, options));
  return { source, config, licence, weights: () => weightsOf(repository, options) };
}

async function readJson(repository: HubRepository, fileName: string, options: LoadingOptions) {
  const called = `${repository.name}'s ${fileName}`;
  const text = await readText(repository, fileName, options, (sizeBytes) => {
    if (sizeBytes <= MAXIMUM_CONFIG_BYTES) return sizeBytes;
    throw new ZooError(
      'invalid-file',
      `Expected at most ${MAXIMUM_CONFIG_BYTES} bytes in ${called} but it has ${sizeBytes}. Choose another model.`,
    );
  });
  return text === undefined ? undefined : parseHubJson(text, called);
}

/** The beginning of a card is enough: nothing else of it is read. A card that does not come is none. */
async function cardLicence(repository: HubRepository, options: LoadingOptions): Promise<string | undefined> {
  try {
    const card = await readText(repository, 'README.md', options, (size) =>
      Math.min(size, MAXIMUM_CARD_BYTES),
    );
    return card === undefined ? undefined : licenceOfCard(card);
  } catch (error) {
    if (isZooError(error, 'download')) return undefined;
    throw error;
  }
}

/** The text at the beginning of a file, of as many bytes as `length` makes of its size; undefined if there is no such file. */
async function readText(
  repository: HubRepository,
  fileName: string,
  options: LoadingOptions,
  length: (sizeBytes: number) => number,
): Promise<string | undefined> {
  // Progress counts the weights.
  const quiet = pickOptions(LOADING_OPTIONS, { ...options, onProgress: undefined });
  const place = await hubFile(repository, fileName, quiet);
  if (place === undefined) return undefined;
  const source = await openSource(place, pickOptions(READING_OPTIONS, options));
  try {
    return new TextDecoder().decode(await source.read(0, length(source.sizeBytes)));
  } finally {
    await source.close?.();
  }
}

async function weightsOf(repository: HubRepository, options: LoadingOptions): Promise<string> {
  for (const fileName of WEIGHT_FILES) {
    const place = await hubFile(repository, fileName, pickOptions(LOADING_OPTIONS, options));
    if (place !== undefined) return place;
  }
  throw new ZooError(
    'unsupported',
    `Expected ${WEIGHT_FILES.join(' or ')} in ${repository.name} but it has neither. Choose another model.`,
  );
}
