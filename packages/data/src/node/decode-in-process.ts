import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createRequire } from 'node:module';
import type { Readable, Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';

import { createLimiter } from '../batches/limiter';

/** What is wanted of a picture's values: which colours and how large, and how CMYK is read. */
export interface RawRecipe {
  readonly from?: 'cmyk';
  readonly to: 'srgb' | 'cmyk' | 'grey16';
  readonly depth: 'uchar' | 'ushort';
}

/** A picture's values as its file has them. */
export interface RawPixels {
  /** Values of one or two bytes. [height, width, channels] */
  readonly pixels: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** How sharp reads every picture: any warning is an error, and profiles, orientation and further frames are left alone. */
export const sharpInput = (pixelLimit: number) =>
  ({
    failOn: 'warning',
    limitInputPixels: pixelLimit,
    ignoreIcc: true,
    autoOrient: false,
    page: 0,
    pages: 1,
  }) as const;

/** How long one picture may take: far more than the limits of pixels and scans let any take. */
const TIME_LIMIT_MS = 120_000;
/** Such pictures that are decoded at a time: each takes hundreds of megabytes. */
const atATime = createLimiter(2);

/** Thrown where there is no other process available: a runtime or a permission stands in the way. */
export class NoProcessError extends Error {}

/** Plain JavaScript that says at once that it runs, so that neither bundlers nor Node's version have a say in it. */
const PROGRAM = `
process.stdout.write('.');
const { address, input, recipe } = JSON.parse(process.env.ZOO_PICTURE);
const answer = (head, body) => process.stdout.write(JSON.stringify(head) + '\\n', () => {
  if (body) process.stdout.write(body, () => process.exit(0)); else process.exit(0);
});
const pieces = [];
process.stdin.on('data', (piece) => pieces.push(piece)).on('end', () => {
  import(address).then(({ default: sharp }) => {
    let pipeline = sharp(Buffer.concat(pieces), input);
    if (recipe.from) pipeline = pipeline.pipelineColourspace(recipe.from);
    return pipeline.toColourspace(recipe.to).raw({ depth: recipe.depth }).toBuffer({ resolveWithObject: true });
  }).then(
    ({ data, info }) => answer({ height: info.height, width: info.width, channels: info.channels, length: data.length }, data),
    (error) => answer({ problem: error.message }),
  );
});
`;

/**
 * As sharp does it in this process, but in another, which is killed when the signal is raised or time is up: native code can't be
 * stopped otherwise. What brings a decoder down ends that process alone.
 *
 * @throws NoProcessError if the process can't be started.
 */
export function decodeInProcess(
  bytes: Uint8Array,
  recipe: RawRecipe,
  { pixelLimit, signal }: { readonly pixelLimit: number; readonly signal: AbortSignal | undefined },
): Promise<RawPixels> {
  return atATime(async () => {
    signal?.throwIfAborted();
    const child = start({ input: sharpInput(pixelLimit), recipe });
    const kill = () => {
      child.kill('SIGKILL');
    };
    const timer = setTimeout(kill, TIME_LIMIT_MS);
    signal?.addEventListener('abort', kill, { once: true });
    try {
      return await exchange(child, bytes);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', kill);
      kill();
    }
  });
}

function start(request: object): ChildProcessByStdio<Writable, Readable, null> {
  try {
    const address = pathToFileURL(createRequire(import.meta.url).resolve('sharp')).href;
    const picture = JSON.stringify({ ...request, address });
    // Within Electron, its program is asked to be Node.
    const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1', ZOO_PICTURE: picture };
    return spawn(process.execPath, ['-e', PROGRAM], { stdio: ['pipe', 'pipe', 'ignore'], env });
  } catch (cause) {
    throw new NoProcessError('no process', { cause });
  }
}

interface Head {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly length: number;
  readonly problem?: string;
}

function exchange(
  child: ChildProcessByStdio<Writable, Readable, null>,
  bytes: Uint8Array,
): Promise<RawPixels> {
  // A process that could not start or was killed ends its output, which the reader notices.
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  child.stdin.end(bytes);
  return receive(child.stdout);
}

/** A point, a line of JSON and the values. */
async function receive(output: Readable): Promise<RawPixels> {
  let line = '';
  let head: Head | undefined;
  let pixels = new Uint8Array(0);
  let received = 0;
  for await (const chunk of output as AsyncIterable<Uint8Array>) {
    let piece = chunk;
    if (head === undefined) {
      const end = piece.indexOf(0x0a);
      line += new TextDecoder('latin1').decode(piece.subarray(0, end === -1 ? undefined : end));
      if (end === -1) continue;
      head = JSON.parse(line.slice(1)) as Head;
      if (head.problem !== undefined) throw new Error(head.problem);
      pixels = new Uint8Array(head.length);
      piece = piece.subarray(end + 1);
    }
    pixels.set(piece, received);
    received += piece.byteLength;
  }
  if (head !== undefined && received === head.length) return { ...head, pixels };
  if (line === '') throw new NoProcessError('no process');
  throw new Error(`its decoder ended, or took more than ${TIME_LIMIT_MS / 1000} s`);
}
