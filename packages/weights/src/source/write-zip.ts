import { Zip, ZipPassThrough } from 'fflate';

/** A file to be stored in an archive; its bytes come in pieces. */
export interface ZipContent {
  readonly name: string;
  pieces(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** The bytes of a ZIP archive of uncompressed files, from first to last; nothing is held but the current piece. */
export async function* writeZip(files: readonly ZipContent[]): AsyncGenerator<Uint8Array> {
  let ready: Uint8Array[] = [];
  const zip = new Zip((error, piece) => {
    if (error !== null) throw error;
    ready.push(piece);
  });
  const take = () => {
    const pieces = ready;
    ready = [];
    return pieces;
  };
  for (const content of files) {
    const file = new ZipPassThrough(content.name);
    // A fixed date: the same model gives the same bytes.
    file.mtime = new Date(1980, 0, 1);
    zip.add(file);
    for await (const piece of content.pieces()) {
      file.push(piece);
      yield* take();
    }
    file.push(new Uint8Array(0), true);
  }
  zip.end();
  yield* take();
}
