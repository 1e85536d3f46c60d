import { readFile } from 'node:fs/promises';

import { ZooError } from '@zoo/core';
import { readSafetensors, writeSafetensors, type SafetensorsFile } from '@zoo/weights';
import { writeFileAtomically } from '@zoo/weights/node';

import type { NamedTensorValues, TensorValues } from '../tensor-values';
import type { CallbackState, JsonValue, TrainingState } from '../training-state';

import { parseJson, stringifyJson } from './json-numbers';

const FORMAT = 'zoo-training-state-1';

/** What the file's metadata holds beside its tensors. */
type StateHeader = Omit<TrainingState, 'weights' | 'averages' | 'optimizer' | 'callbacks'> & {
  callbacks: Record<string, JsonValue>;
};

/**
 * Writes a state as one safetensors file, whole or not at all.
 *
 * Tensors are named `weights/...`, `averages/...`, `optimizer/...` and `callbacks/<callback>/...`; everything else is JSON in the metadata.
 */
export async function writeTrainingState(path: string, state: TrainingState): Promise<void> {
  const { weights, averages, optimizer, callbacks, ...position } = state;
  const header = {
    ...position,
    callbacks: Object.fromEntries(Object.entries(callbacks).map(([name, { values }]) => [name, values])),
  };
  const tensors = [
    ...prefixed('weights/', weights),
    ...prefixed('averages/', averages),
    ...prefixed('optimizer/', optimizer),
    ...Object.entries(callbacks).flatMap(([name, { tensors: own }]) =>
      own === undefined ? [] : prefixed(`callbacks/${name}/`, own),
    ),
  ];
  await writeFileAtomically(
    path,
    writeSafetensors(tensors, { format: FORMAT, state: stringifyJson(header) }),
  );
}

/**
 * Reads what {@link writeTrainingState} wrote.
 *
 * @throws ZooError `invalid-file` if the file is absent or not such a file.
 */
export async function readTrainingState(path: string): Promise<TrainingState> {
  const file = await openSafetensors(path);
  const { format, state } = file.metadata;
  if (format !== FORMAT || state === undefined) {
    throw new ZooError(
      'invalid-file',
      `Expected a training state in ${path} but it is another safetensors file.`,
    );
  }
  const { callbacks, ...position } = parseHeader(path, state);
  const states = Object.entries(callbacks).map(([name, values]): [string, CallbackState] => {
    const tensors = withPrefix(file, `callbacks/${name}/`);
    return [name, tensors.size === 0 ? { values } : { values, tensors }];
  });
  return {
    ...position,
    weights: withPrefix(file, 'weights/'),
    averages: withPrefix(file, 'averages/'),
    optimizer: withPrefix(file, 'optimizer/'),
    callbacks: Object.fromEntries(states),
  };
}

/** A safetensors file in memory; throws ZooError `invalid-file` if it can't be read. */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(await readFile(path));
  } catch (cause) {
    throw new ZooError('invalid-file', `Expected a checkpoint at ${path} but it can't be read.`, { cause });
  }
  return readSafetensors(bytes);
}

/** The float32 tensors whose names begin with `prefix`, without it. */
export function withPrefix(file: SafetensorsFile, prefix: string): NamedTensorValues {
  const result = new Map<string, TensorValues>();
  for (const name of file.names) {
    if (!name.startsWith(prefix)) continue;
    const { shape, values } = file.tensor(name)!;
    if (!(values instanceof Float32Array)) {
      throw new ZooError('invalid-file', `Expected float32 values for '${name}' in a checkpoint.`);
    }
    result.set(name.slice(prefix.length), { shape, values });
  }
  return result;
}

function prefixed(prefix: string, tensors: NamedTensorValues): [string, TensorValues][] {
  return Array.from(tensors, ([name, tensor]) => [`${prefix}${name}`, tensor]);
}

function parseHeader(path: string, text: string): StateHeader {
  let header: Partial<StateHeader>;
  try {
    header = parseJson(text) as unknown as Partial<StateHeader>;
  } catch (cause) {
    throw new ZooError('invalid-file', `Expected a training state in ${path} but its text is damaged.`, {
      cause,
    });
  }
  const counts = [header.epoch, header.batch, header.step];
  const sound =
    counts.every((count) => Number.isSafeInteger(count) && count! >= 0) &&
    Array.isArray(header.history) &&
    typeof header.callbacks === 'object' &&
    typeof header.settings === 'object' &&
    typeof header.sums === 'object';
  if (!sound)
    throw new ZooError('invalid-file', `Expected a training state in ${path} but parts of it are missing.`);
  return { learningRateOverride: undefined, stopReason: undefined, ...header } as StateHeader;
}
