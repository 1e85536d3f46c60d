import { ZooError, type JsonValue } from '@zoo/core';
import type { HostTensor } from '@zoo/weights';
import { namingPath, writeFileAtomically, type WriteFileOptions } from '@zoo/weights/node';

import type { HostTensors } from '../host-tensors';
import type { CallbackState, TrainingState } from '../training/training-state';

import { parseJson, stringifyJson } from './json-numbers';
import { readSealed, sealSafetensors, withPrefix } from './sealed-file';

const FORMAT = 'zoo-training-state-2';

/** What the file's metadata holds beside its tensors. */
type StateHeader = Omit<TrainingState, 'weights' | 'averages' | 'optimizer' | 'callbacks'> & {
  callbacks: Record<string, JsonValue>;
};

/**
 * Writes a state as one safetensors file with a checksum, completely or not at all.
 *
 * Tensors are named `weights/...`, `averages/...`, `optimizer/...` and `callbacks/<callback>/...`; everything else is JSON in the metadata.
 *
 * @throws ZooError `invalid-file` with the path if it can't be written, for example because the disk is full. An existing file stays.
 */
export async function writeTrainingState(
  path: string,
  state: TrainingState,
  options: WriteFileOptions = {},
): Promise<void> {
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
  const bytes = sealSafetensors(tensors, { format: FORMAT, state: stringifyJson(header) });
  await namingPath('write', path, () => writeFileAtomically(path, bytes, options));
}

/**
 * Reads what {@link writeTrainingState} wrote.
 *
 * @throws ZooError `invalid-file`, with the path, if the file is absent, damaged or not such a file.
 */
export async function readTrainingState(path: string): Promise<TrainingState> {
  const file = await readSealed(path);
  const { format, state } = file.metadata;
  if (format !== FORMAT || state === undefined) {
    throw new ZooError(
      'invalid-file',
      `Expected a training state of this version (${FORMAT}) in ${path} but it is ${format?.startsWith('zoo-') === true ? format : 'another safetensors file'}.`,
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

function prefixed(prefix: string, tensors: HostTensors): [string, HostTensor][] {
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
