import {
  expectFunction,
  isZooError,
  readOptions,
  SIGNAL,
  type AnyRow,
  type OptionsOf,
  type OptionTable,
} from '@zoo/core/options';

import { forEach } from '../batches/limiter';
import type { DecodedImage } from '../image/decoded-image';
import { classesOf, mostHarmful, type Inspection } from '../inspect/inspection';
import { GROUP_PICTURES, renderInspection } from '../inspect/render-inspection';

import { thumbnailUrl } from './jpeg-data-url';
import { readImageFile } from './read-image-file';

const INSPECTION_PAGE_OPTIONS = {
  /** The page's heading. Default 'Data set'. */
  title: { type: 'text', default: 'Data set' },
  /** Groups of equal files, and of near duplicates, that are shown with their pictures, the most harmful first. Default 60. */
  groupCount: { type: 'integer', minimum: 0, default: 60 },
  /** Classes that are shown with some pictures, at most. Default 100. */
  classCount: { type: 'integer', minimum: 0, default: 100 },
  /** Reads the picture at a path, for sets whose pictures are no files. Default: the file of that path. */
  readPicture: { type: 'any', expected: 'a function', check: expectFunction } as AnyRow<
    (path: string) => Promise<DecodedImage>
  >,
  /** Aborted, the promise is rejected with its reason. */
  signal: SIGNAL,
} as const satisfies OptionTable;

/** Options of {@link inspectionPage}. */
export interface InspectionPageOptions extends OptionsOf<typeof INSPECTION_PAGE_OPTIONS> {}

/** The longer side of a picture on the page. */
const SIDE = 132;
/** Pictures that are read at a time. */
const CONCURRENCY = 4;

/**
 * What {@link inspect} found as one self-contained HTML page: figures, classes, duplicates and samples with their pictures, made small.
 *
 * The page has no script and loads nothing, and names of files and classes are escaped. A picture that can't be read is left out, and its
 * place says so.
 *
 * @example
 * await writeFile('inspection.html', await inspectionPage(await inspect(folder), { title: 'IdenProf' }));
 */
export async function inspectionPage(
  inspection: Inspection,
  options: InspectionPageOptions = {},
): Promise<string> {
  const { title, groupCount, classCount, readPicture, signal } = readOptions(
    INSPECTION_PAGE_OPTIONS,
    options,
  );
  const read = readPicture ?? ((path: string) => readImageFile(path, signal && { signal }));
  const samples = new Map(
    inspection.classNames
      .slice(0, classCount)
      .map((name) => [name, inspection.samples.filter((each) => classesOf(each).includes(name)).slice(0, 8)]),
  );
  const shown = {
    equal: mostHarmful(inspection.equal).slice(0, groupCount),
    near: mostHarmful(inspection.near).slice(0, groupCount),
    samples,
  };
  const paths = [
    ...[...shown.equal, ...shown.near].flatMap(({ pictures }) => pictures.slice(0, GROUP_PICTURES)),
    ...[...samples.values()].flat(),
  ].map(({ path }) => path);
  const pictures = new Map<string, string | undefined>();
  await forEach([...new Set(paths)], CONCURRENCY, async (path) => {
    signal?.throwIfAborted();
    pictures.set(path, await smallPicture(path, read));
  });
  return renderInspection(title, inspection, shown, pictures);
}

async function smallPicture(
  path: string,
  read: (path: string) => Promise<DecodedImage>,
): Promise<string | undefined> {
  try {
    return await thumbnailUrl(await read(path), SIDE);
  } catch (error) {
    if (isZooError(error, 'invalid-file')) return undefined;
    throw error;
  }
}
