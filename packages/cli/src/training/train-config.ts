import { dirname, resolve } from 'node:path';

import { readGivenOptions, ZooError, type OptionRow, type OptionTable } from '@zoo/core/options';

import { isKnownSet } from '../models/known-set';
import { isModelName } from '../models/open-model';
import { readTextFile } from '../read-text-file';

import { TRAIN_OPTIONS, type GivenSettings, type UnsizedSettings } from './train-options';
import { newTrainSettings } from './train-settings';

/** Where an installed package has the schema of a file for `--config`. */
const SCHEMA_PATH = './node_modules/@zoo/cli/train.schema.json';

/**
 * The settings in a JSON file for `--config`; paths in it start at the file's folder.
 *
 * @throws ZooError `invalid-file` for a file that is no JSON object; the file system's error, unchanged.
 * @throws ArgumentError for an unknown name, and for a value that the option does not take.
 */
export async function readTrainConfig(path: string): Promise<Partial<GivenSettings>> {
  const given = await parsedObject(path);
  delete given['$schema'];
  return withAbsolutePaths(
    readGivenOptions(TRAIN_OPTIONS, given, path) as Partial<GivenSettings>,
    dirname(path),
  );
}

/** `settings` with absolute paths, from `folder` on, since a run may be resumed from another folder; names and addresses stay. */
export function withAbsolutePaths<Settings extends Partial<GivenSettings>>(
  settings: Settings,
  folder = '.',
): Settings {
  const { validation, weights, teacher, sampleWeights } = settings;
  return {
    ...settings,
    ...(validation && { validation: dataPlace(validation, folder) }),
    ...(sampleWeights && { sampleWeights: resolve(folder, sampleWeights) }),
    ...(weights && isPath(weights) && { weights: resolve(folder, weights) }),
    ...(teacher && isPath(teacher) && { teacher: resolve(folder, teacher) }),
  };
}

/** The absolute path of a folder or table, from `folder` on; the name of a known set stays. */
export function dataPlace(place: string, folder = '.'): string {
  return isKnownSet(place) ? place : resolve(folder, place);
}

function isPath(place: string): boolean {
  return !isModelName(place) && !/^(https?|file):/i.test(place);
}

async function parsedObject(path: string): Promise<Record<string, unknown>> {
  const text = await readTextFile(path);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new ZooError(
      'invalid-file',
      `Expected JSON in ${path} but it can't be parsed. Write one with --print-config.`,
      { cause },
    );
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
    return parsed as Record<string, unknown>;
  throw new ZooError(
    'invalid-file',
    `Expected an object of settings in ${path}. Write one with --print-config.`,
  );
}

/** What `--print-config` writes: the settings that a run would have, as `--config` takes them; what weights to start from decide is left out. */
export function trainConfigText(given: GivenSettings | UnsizedSettings): string {
  const settings = given.weights === undefined ? newTrainSettings(given as GivenSettings) : given;
  const named = Object.keys(TRAIN_OPTIONS).flatMap((name) => {
    const value = settings[name as keyof typeof settings];
    return value == null ? [] : [[name, value] as const];
  });
  return JSON.stringify({ $schema: SCHEMA_PATH, ...Object.fromEntries(named) }, undefined, 2);
}

/** The JSON schema of a file for `--config`. */
export function trainConfigSchema(): Record<string, unknown> {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Settings of zoo train',
    type: 'object',
    additionalProperties: false,
    properties: {
      $schema: { type: 'string' },
      ...schemasOf(TRAIN_OPTIONS),
      batchSize: BATCH_SIZE,
      imageSize: IMAGE_SIZE,
      normalization: ANY,
      classWeights: { type: 'array', items: { type: 'number', minimum: 0 }, minItems: 1 },
      milestones: { type: 'array', items: { type: 'integer', minimum: 1 }, minItems: 1 },
      imageSizeByEpoch: { type: 'array', items: EPOCH_SIZE, minItems: 1 },
      freezing: { type: 'array', items: FREEZING_PHASE, minItems: 1 },
    },
  };
}

const BATCH_SIZE = {
  anyOf: [{ type: 'integer', minimum: 1 }, { const: 'auto' }],
  default: TRAIN_OPTIONS.batchSize.default,
};
const IMAGE_SIZE = {
  anyOf: [
    { type: 'integer', minimum: 1 },
    { type: 'array', items: { type: 'integer', minimum: 1 }, minItems: 2, maxItems: 2 },
  ],
};
const EPOCH_SIZE = {
  type: 'object',
  additionalProperties: false,
  required: ['epochs', 'imageSize'],
  properties: { epochs: { type: 'integer', minimum: 1 }, imageSize: IMAGE_SIZE },
};
const FREEZING_PHASE = {
  type: 'object',
  additionalProperties: false,
  required: ['fromEpoch', 'frozen'],
  properties: { fromEpoch: { type: 'integer', minimum: 0 }, frozen: { type: ['string', 'null'] } },
};
const ANY = { type: ['string', 'object'] };

function schemasOf(table: OptionTable): Record<string, unknown> {
  return Object.fromEntries(Object.entries(table).map(([name, row]) => [name, schemaOf(row)]));
}

function schemaOf(row: OptionRow): Record<string, unknown> {
  const standard = 'default' in row && row.default !== undefined ? { default: row.default as unknown } : {};
  switch (row.type) {
    case 'integer':
    case 'number': {
      const { type, minimum, maximum, exclusiveMinimum, exclusiveMaximum } = row;
      return {
        type,
        ...(minimum !== undefined && {
          [exclusiveMinimum === true ? 'exclusiveMinimum' : 'minimum']: minimum,
        }),
        ...(maximum !== undefined && {
          [exclusiveMaximum === true ? 'exclusiveMaximum' : 'maximum']: maximum,
        }),
        ...standard,
      };
    }
    case 'boolean':
      return { type: 'boolean', ...standard };
    case 'text':
      return { type: 'string', minLength: 1, ...standard };
    case 'choice':
      return { enum: row.choices, ...standard };
    case 'group':
      return { type: 'object', additionalProperties: false, properties: schemasOf(row.rows) };
    case 'any':
      return standard;
  }
}
