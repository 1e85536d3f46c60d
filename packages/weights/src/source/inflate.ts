import { invalidFile } from './byte-source';

/**
 * `bytes` decompressed, at most `maximumBytes` of them: a bomb is refused once it has unpacked that much.
 *
 * @param format `deflate` with zlib's header, `deflate-raw` without.
 */
export async function inflate(
  bytes: Uint8Array<ArrayBuffer>,
  format: 'deflate' | 'deflate-raw',
  maximumBytes: number,
  fileName: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let total = 0;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream(format));
  const reader = stream.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  for (;;) {
    let piece: Uint8Array | undefined;
    try {
      piece = (await reader.read()).value;
    } catch (cause) {
      throw invalidFile(fileName, 'holds compressed bytes that do not unpack', '', cause);
    }
    if (piece === undefined) break;
    total += piece.length;
    if (total > maximumBytes) {
      await reader.cancel().catch(() => undefined);
      throw invalidFile(fileName, `unpacks to more than the ${maximumBytes} bytes that it should`);
    }
    pieces.push(piece);
  }
  const result = new Uint8Array(total);
  let position = 0;
  for (const piece of pieces) {
    result.set(piece, position);
    position += piece.length;
  }
  return result;
}
