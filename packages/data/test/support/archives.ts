import { gzipSync } from 'node:zlib';

import { zipSync, type Zippable } from 'fflate';
import { Header } from 'tar';

/** An entry of a tar, as honest or hostile as its fields say. */
export interface TarEntry {
  readonly path: string;
  readonly type?: 'File' | 'Directory' | 'SymbolicLink' | 'Link' | 'CharacterDevice' | 'BlockDevice' | 'FIFO';
  readonly content?: Uint8Array;
  readonly linkpath?: string;
  /** What the header says; default what `content` has. */
  readonly size?: number;
}

/** A tar of these entries. */
export function tarOf(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap(({ path, type = 'File', content = Buffer.alloc(0), linkpath, size }) => {
    const header = new Header({
      path,
      type,
      size: size ?? content.length,
      mode: 0o644,
      mtime: new Date(0),
      ...(linkpath !== undefined && { linkpath }),
    });
    const block = Buffer.alloc(512);
    header.encode(block);
    return [block, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** Such a tar in gzip, as fast as that is made. */
export function tgzOf(entries: readonly TarEntry[]): Buffer {
  return gzipSync(tarOf(entries), { level: 1 });
}

/** A ZIP of files by their names. */
export function zipOf(files: Zippable): Buffer {
  return Buffer.from(zipSync(files));
}
