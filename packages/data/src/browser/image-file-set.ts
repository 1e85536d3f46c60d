import { ArgumentError, readOptions, type OptionsOf } from '@zoo/core/options';

import { DECODING_OPTIONS } from '../image/decode-options';
import { PICTURE_ENDINGS } from '../image/picture-format';
import type { ImageExample, ReadableImageSet } from '../sets/image-set';

import { decodeImage } from './decode-image';

/** An example whose picture is a file that the user chose. */
export interface FileExample extends ImageExample {
  readonly file: File;
}

/** Endings of the files that browsers decode, or this package in their place. */
const PICTURE = new RegExp(
  `(${PICTURE_ENDINGS.filter((ending) => !ending.startsWith('.tif')).join('|')})$`.replaceAll('.', '\\.'),
  'i',
);

/**
 * The set in a folder that the user chose with `<input type="file" webkitdirectory>`: one folder per class, sorted.
 *
 * Hidden files and files of other kinds are left out, as in `readImageFolder` of `@zoo/data/node`.
 *
 * @example
 * const batches = await imageBatches(imageFileSet(input.files), { imageSize: 64 });
 *
 * @throws ArgumentError if there is no picture in a folder of a class.
 */
export function imageFileSet(
  files: Iterable<File>,
  options: OptionsOf<typeof DECODING_OPTIONS> = {},
): ReadableImageSet<FileExample> {
  const decoding = readOptions(DECODING_OPTIONS, options);
  const found = [...files]
    .map((file) => ({ file, path: (file as { webkitRelativePath?: string }).webkitRelativePath ?? '' }))
    .map(({ file, path }) => ({ file, path, parts: path.split('/') }))
    // The chosen folder, the class, and the file at any depth below.
    .filter(({ parts }) => parts.length >= 3 && PICTURE.test(parts.at(-1)!))
    .filter(({ parts }) => parts.slice(1).every((part) => !part.startsWith('.')))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  if (found.length === 0) {
    throw new ArgumentError(
      'files',
      'pictures in one folder per class',
      'none',
      'Choose the folder that holds the classes.',
    );
  }
  const classNames = [...new Set(found.map(({ parts }) => parts[1]!))].sort();
  return {
    classNames,
    examples: found.map(({ file, path, parts }) => ({ file, path, label: classNames.indexOf(parts[1]!) })),
    readImage: ({ file, path }) => decodeImage(file, { ...decoding, source: path }),
  };
}
