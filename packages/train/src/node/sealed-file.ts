import { createHash } from 'node:crypto';

import { ZooError } from '@zoo/core';
import { type HostTensor, readSafetensors, writeSafetensors, type SafetensorsFile } from '@zoo/weights';
import { readRegularFile } from '@zoo/weights/node';

import type { HostTensors } from '../host-tensors';

/** What stands in the place of the checksum while it is computed, as tar does with its headers. */
const BLANK = '0'.repeat(64);
const BEFORE_CHECKSUM = '{"__metadata__":{"sha256":"';
/** Behind the length of the header. */
const CHECKSUM_OFFSET = 8 + BEFORE_CHECKSUM.length;

/**
 * A safetensors file that holds its own SHA-256 in the metadata, over every byte of it with the checksum's digits as zeros.
 *
 * Any reader of safetensors reads it.
 */
export function sealSafetensors(
  tensors: Iterable<readonly [string, HostTensor]>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const bytes = writeSafetensors(tensors, { sha256: BLANK, ...metadata });
  bytes.set(Buffer.from(sha256(bytes)), CHECKSUM_OFFSET);
  return bytes;
}

/**
 * Reads what {@link sealSafetensors} wrote.
 *
 * @throws ZooError `invalid-file`, with the path, if the file can't be read, is none of that kind or a bit of it has changed.
 */
export async function readSealed(path: string): Promise<SafetensorsFile> {
  const bytes = await readRegularFile(path);
  const stored = Buffer.from(bytes.subarray(CHECKSUM_OFFSET, CHECKSUM_OFFSET + BLANK.length)).toString(
    'latin1',
  );
  const before = Buffer.from(bytes.subarray(8, CHECKSUM_OFFSET)).toString('latin1');
  // A file that ends within its checksum has no room for the zeros below.
  if (before !== BEFORE_CHECKSUM || stored.length < BLANK.length) {
    throw new ZooError(
      'invalid-file',
      `Expected a checkpoint in ${path} but it is another kind of file, or damaged.`,
    );
  }
  bytes.set(Buffer.from(BLANK), CHECKSUM_OFFSET);
  if (sha256(bytes) !== stored) {
    throw new ZooError(
      'invalid-file',
      `The checkpoint ${path} is damaged: its checksum is another than it was written with.`,
    );
  }
  return readSafetensors(bytes);
}

/** The float32 tensors whose names begin with `prefix`, without it. */
export function withPrefix(file: SafetensorsFile, prefix: string): HostTensors {
  const result = new Map<string, HostTensor>();
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

/** The SHA-256 of a file. */
export async function fileSha256(path: string): Promise<string> {
  return sha256(await readRegularFile(path));
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
