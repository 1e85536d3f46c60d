import { createHash } from 'node:crypto';

import { ArgumentError, isZooError, readOptions, type ReadOptions } from '@zoo/core/options';

import { forEach } from '../batches/limiter';
import { DECODING_OPTIONS, messageOf } from '../image/decode-options';
import type { DecodedImage } from '../image/decoded-image';
import { imageFormatOf } from '../image/image-header';
import type { ImageFormat } from '../image/picture-format';
import { INSPECT_OPTIONS, type InspectOptions } from '../inspect/inspect-options';
import type { Inspection, InspectedPicture } from '../inspect/inspection';
import { DIGEST_BYTES, pictureRecords, recordPicture } from '../inspect/picture-record';
import { summarize } from '../inspect/summarize';
import { labelsOf, type ImageExample, type ImageSet, type ReadableImageSet } from '../sets/image-set';

import { decodeImage } from './decode-image';
import { inSlices } from './in-slices';
import { readRegularFile } from './read-regular-file';

type AnySet = ImageSet | ReadableImageSet;

/**
 * Inspects every picture of a data set: sizes, formats, classes, unreadable pictures, duplicates, leaks between splits, mean and deviation.
 *
 * About 80 bytes and the path are kept of each picture. An unreadable picture is a finding, not an error.
 *
 * @example
 * const train = await readImageFolder('idenprof/train', { allowEmptyClasses: true });
 * const test = await readImageFolder('idenprof/test', { allowEmptyClasses: true });
 * const inspection = await inspect({ train, test });
 * console.log(formatInspection(inspection));
 *
 * @param sets A set, or the splits of one by their names; classes of one name are the same class.
 * @throws ArgumentError if there is no set.
 */
export async function inspect(
  sets: AnySet | Readonly<Record<string, AnySet>>,
  options: InspectOptions = {},
): Promise<Inspection> {
  const { nearDistance, decode, concurrency, onProgress, signal } = readOptions(INSPECT_OPTIONS, options);
  const decoding = decode ?? readOptions(DECODING_OPTIONS, {});
  const named = expectSets(sets);
  const { looks, classNames, splitNames } = pictureList(named, decoding);
  const records = pictureRecords(looks.length);
  const problems = new Map<number, string>();
  const formats = new Map<ImageFormat | 'pixels', number>();
  let done = 0;
  await forEach(looks, concurrency, async ({ look }, index) => {
    signal?.throwIfAborted();
    try {
      const { digest, format, image } = await look(signal);
      records.digests.set(digest, index * DIGEST_BYTES);
      if (format !== undefined) formats.set(format, (formats.get(format) ?? 0) + 1);
      await inSlices(recordPicture(records, index, await image), signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (!isZooError(error, 'invalid-file')) throw error;
      problems.set(index, messageOf(error));
    }
    done += 1;
    onProgress?.({ done, total: looks.length });
  });
  const pictures = looks.map(({ picture }) => picture);
  const ignored = Object.values(named).reduce((sum, set) => sum + ignoredOf(set), 0);
  return summarize({ classNames, splitNames, pictures, records, problems, formats, ignored }, nearDistance);
}

/** A picture, and how it is looked at. */
interface Look {
  readonly picture: InspectedPicture;
  readonly look: (signal: AbortSignal | undefined) => Promise<Looked>;
}

interface Looked {
  /** [DIGEST_BYTES] */
  readonly digest: Uint8Array;
  /** Undefined for content of another kind. */
  readonly format: ImageFormat | 'pixels' | undefined;
  readonly image: DecodedImage | Promise<DecodedImage>;
}

const ONLY_SPLIT = 'pictures';

function expectSets(sets: unknown): Readonly<Record<string, AnySet>> {
  const isSet = (value: unknown): value is AnySet =>
    typeof value === 'object' &&
    value !== null &&
    Array.isArray((value as Partial<AnySet>).examples) &&
    Array.isArray((value as Partial<AnySet>).classNames);
  if (isSet(sets)) return { [ONLY_SPLIT]: sets };
  const named = typeof sets === 'object' && sets !== null ? Object.entries(sets) : [];
  if (named.length > 0 && named.every(([, set]) => isSet(set))) return Object.fromEntries(named);
  throw new ArgumentError('sets', 'a set of pictures, or sets by the names of their splits', sets);
}

function pictureList(sets: Readonly<Record<string, AnySet>>, decoding: ReadOptions<typeof DECODING_OPTIONS>) {
  const splitNames = Object.keys(sets);
  const classNames = [...new Set(Object.values(sets).flatMap((set) => set.classNames))];
  const looks = Object.entries(sets).flatMap(([split, set]) =>
    set.examples.map((example): Look => {
      const { path } = example;
      return {
        picture: { split, ...classesIn(set, example), path },
        look: (signal) =>
          'readImage' in set ? lookAtPixels(set, example, signal) : lookAtFile(path, decoding, signal),
      };
    }),
  );
  return { looks, classNames, splitNames };
}

function classesIn(
  { classNames }: ImageSet,
  example: ImageExample,
): Pick<InspectedPicture, 'className' | 'classNames'> {
  const names = labelsOf(example).map((label) => {
    const name = classNames[label];
    if (name !== undefined) return name;
    throw new ArgumentError(
      'sets',
      `labels from 0 to ${classNames.length - 1}`,
      label,
      `See '${example.path}'.`,
    );
  });
  if (example.labels === undefined) return { className: names[0]! };
  return { className: names.length === 0 ? 'no class' : names.join(', '), classNames: names };
}

async function lookAtFile(
  path: string,
  decoding: ReadOptions<typeof DECODING_OPTIONS>,
  signal: AbortSignal | undefined,
): Promise<Looked> {
  const bytes = await readRegularFile(path);
  const image = decodeImage(bytes, { ...decoding, source: path, ...(signal && { signal }) });
  // Awaited by the caller, after the digest is written: until then nobody listens.
  image.catch(() => undefined);
  return { digest: digestOf(bytes), format: imageFormatOf(bytes), image };
}

async function lookAtPixels(
  set: ReadableImageSet,
  example: ImageExample,
  signal: AbortSignal | undefined,
): Promise<Looked> {
  const image = await set.readImage(example, signal);
  const size = Uint32Array.of(image.height, image.width);
  return { digest: digestOf(new Uint8Array(size.buffer), image.pixels), format: 'pixels', image };
}

function digestOf(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest().subarray(0, DIGEST_BYTES);
}

const ignoredOf = (set: AnySet): number =>
  (set as Partial<{ ignored: readonly unknown[] }>).ignored?.length ?? 0;
