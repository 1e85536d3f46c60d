import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gzipSync } from 'node:zlib';

/** One request, as a hostile answer sees it. */
interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly socket: Socket;
  /** What an honest server would serve. */
  readonly file: Buffer;
  /** The bytes that are asked for; undefined in a request for all. */
  readonly range: { readonly first: number; readonly last: number } | undefined;
  /** True for a request that does not begin at the file's first byte. */
  readonly isLater: boolean;
}

/** What comes of reading through such a server: the right bytes, or a typed error with these words. */
export type Outcome = 'right' | RegExp;

/** A server's misdeed, and what comes of loading by ranges, of a download and of going on with one. */
export interface HostileCase {
  readonly name: string;
  readonly answer: (asked: Asked) => void;
  readonly load: Outcome;
  readonly download: Outcome;
  /** Default as `download`. */
  readonly resume?: Outcome;
}

/** Limits short enough to be waited for, and small enough to be reached. */
export const SHORT_LIMITS = { idleTimeoutMs: 500, totalTimeoutMs: 1500, maximumBytes: 4_000_000 };

/** What any of it may take. */
export const LONGEST_MS = 5000;
export const LARGEST_GROWTH_BYTES = 128 * 1024 * 1024;

/** The file that the server has. */
export function hostileFile(): Buffer {
  return Buffer.from(Array.from({ length: 400_000 }, (_, i) => (i * 31 + (i >> 8) * 7) % 251));
}

const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
const zeros = Buffer.alloc(65536);

function sendRange(
  { response, file, range }: Asked,
  headers: Record<string, string> = {},
  body = range === undefined ? file : file.subarray(range.first, range.last + 1),
): void {
  response.writeHead(range === undefined ? 200 : 206, {
    'Content-Length': body.length,
    ...(range && { 'Content-Range': `bytes ${range.first}-${range.last}/${file.length}` }),
    ...headers,
  });
  response.end(body);
}

const sendWhole = ({ response, file }: Asked): void => {
  response.writeHead(200, { 'Content-Length': file.length }).end(file);
};

/** Bytes without end, as fast as they are taken. */
function pour(response: ServerResponse, piece = zeros): void {
  const more = (): void => {
    while (!response.destroyed && response.write(piece));
    if (!response.destroyed) response.once('drain', more);
  };
  more();
}

/** A byte now and then, without end. */
function drip(write: (byte: string) => void, socket: Socket): void {
  const timer = setInterval(() => {
    write('x');
  }, 150);
  socket.on('close', () => {
    clearInterval(timer);
  });
}

/** Misbehaves at requests for later ranges, and is honest before. */
const later =
  (misdeed: (asked: Asked) => void) =>
  (asked: Asked): void => {
    if (asked.isLater) misdeed(asked);
    else sendRange(asked, { ETag: '"1"' });
  };

const redirect =
  (location: string) =>
  ({ response }: Asked): void => {
    response.writeHead(302, { Location: location }).end();
  };

const status =
  (code: number) =>
  ({ response }: Asked): void => {
    response.writeHead(code).end();
  };

const raw =
  (...pieces: string[]) =>
  ({ socket }: Asked): void => {
    for (const piece of pieces) socket.write(piece, 'latin1');
  };

const contentRange =
  (text: (range: { first: number; last: number }, file: Buffer) => string) =>
  (asked: Asked): void => {
    if (asked.range === undefined) sendWhole(asked);
    else sendRange(asked, { 'Content-Range': text(asked.range, asked.file) });
  };

/** Misdeeds; a word in the error shows that it was told for what it is. */
export const HOSTILE_CASES: readonly HostileCase[] = [
  {
    name: 'none: ranges',
    answer: (asked) => {
      sendRange(asked);
    },
    load: 'right',
    download: 'right',
  },
  { name: 'none: whole files only', answer: sendWhole, load: 'right', download: 'right' },
  {
    name: 'another range, of the right length',
    answer: later((asked) => {
      const { range, file } = asked;
      const [first, last] = [range!.first - 1, range!.last - 1];
      const headers = { ETag: '"1"', 'Content-Range': `bytes ${first}-${last}/${file.length}` };
      sendRange(asked, headers, file.subarray(first, last + 1));
    }),
    load: /but the server answered/,
    download: 'right',
  },
  {
    name: 'another first range',
    answer: (asked) => {
      const { range, file } = asked;
      if (range === undefined) {
        sendWhole(asked);
        return;
      }
      const [first, last] = [range.first + 7, Math.min(range.last + 7, file.length - 1)];
      sendRange(
        asked,
        {
          'Content-Range': `bytes ${first}-${last}/${file.length}`,
          'Content-Length': String(last + 1 - first),
        },
        file.subarray(first, last + 1),
      );
    },
    load: /but the server answered/,
    download: 'right',
  },
  {
    name: 'a shorter range',
    answer: later((asked) => {
      const { range, file } = asked;
      const last = range!.first + 99;
      const headers = { ETag: '"1"', 'Content-Range': `bytes ${range!.first}-${last}/${file.length}` };
      sendRange(asked, headers, file.subarray(range!.first, last + 1));
    }),
    load: /but the server answered/,
    download: 'right',
  },
  {
    name: 'a range that is longer than the file',
    answer: contentRange((range, file) => `bytes ${range.first}-${file.length + 5}/${file.length}`),
    load: /but the server answered/,
    download: 'right',
  },
  {
    name: 'another total at a later range',
    answer: later((asked) => {
      sendRange(asked, {
        ETag: '"1"',
        'Content-Range': `bytes ${asked.range!.first}-${asked.range!.last}/${asked.file.length + 1}`,
      });
    }),
    load: /changed while it was read/,
    download: 'right',
  },
  {
    name: 'a changed ETag',
    answer: later((asked) => {
      sendRange(asked, { ETag: '"2"' });
    }),
    load: /changed while it was read/,
    download: 'right',
  },
  {
    name: 'an ETag that is gone',
    answer: later((asked) => {
      sendRange(asked);
    }),
    load: /changed while it was read/,
    download: 'right',
  },
  {
    name: 'a changed weak ETag',
    answer: (asked) => {
      sendRange(asked, { ETag: asked.isLater ? 'W/"2"' : 'W/"1"' });
    },
    load: /changed while it was read/,
    download: 'right',
  },
  {
    name: 'a changed date',
    answer: (asked) => {
      sendRange(asked, { 'Last-Modified': `Mon, 0${asked.isLater ? 2 : 1} Jan 2024 00:00:00 GMT` });
    },
    load: /changed while it was read/,
    download: 'right',
  },
  {
    name: 'the whole file for a later range',
    answer: later(sendWhole),
    load: /changed while it was read/,
    download: 'right',
  },
  {
    name: '416 to any range',
    answer: (asked) => {
      (asked.range === undefined ? sendWhole : status(416))(asked);
    },
    load: 'right',
    download: 'right',
    resume: /whose sha256 is not/,
  },
  {
    name: '416 to a later range',
    answer: later(status(416)),
    load: /changed while it was read/,
    download: 'right',
    resume: /whose sha256 is not/,
  },
  {
    name: 'a part that does not say which',
    answer: (asked) => {
      if (asked.range === undefined) sendWhole(asked);
      else asked.response.writeHead(206).end(asked.file.subarray(0, 1000));
    },
    load: 'right',
    download: 'right',
  },
  {
    name: 'a part for a request for all',
    answer: ({ response, file }) => {
      response.writeHead(206).end(file.subarray(0, 1000));
    },
    load: /status 206/,
    download: /status 206/,
  },
  {
    name: 'several ranges in one answer',
    answer: (asked) => {
      if (asked.range === undefined) {
        sendWhole(asked);
        return;
      }
      asked.response
        .writeHead(206, { 'Content-Type': 'multipart/byteranges; boundary=x' })
        .end('--x\r\n\r\nabc\r\n--x--');
    },
    load: 'right',
    download: 'right',
  },
  {
    name: 'a range of an unknown total',
    answer: contentRange((range) => `bytes ${range.first}-${range.last}/*`),
    load: 'right',
    download: 'right',
  },
  {
    name: 'a range in words',
    answer: contentRange(() => 'bytes all of it'),
    load: 'right',
    download: 'right',
  },
  {
    name: 'a total beyond all numbers',
    answer: contentRange((range) => `bytes ${range.first}-${range.last}/99999999999999999999999`),
    load: 'right',
    download: 'right',
  },
  {
    name: 'a range that announces less than it is',
    answer: later(({ socket, range, file }) => {
      socket.end(
        `HTTP/1.1 206 x\r\nContent-Length: 5\r\nETag: "1"\r\nContent-Range: bytes ${range!.first}-${range!.last}/${file.length}\r\n\r\n12345`,
      );
    }),
    load: /announces 5 bytes for a range/,
    download: 'right',
    resume: /whose sha256 is not/,
  },
  {
    name: 'a range that sends less than it is',
    answer: later(({ response, range, file }) => {
      response
        .writeHead(206, {
          ETag: '"1"',
          'Content-Range': `bytes ${range!.first}-${range!.last}/${file.length}`,
        })
        .end('12345');
    }),
    load: /sends 5 bytes and no more/,
    download: 'right',
    resume: /whose sha256 is not/,
  },
  {
    name: 'a range without end',
    answer: ({ response, range, file }) => {
      response.writeHead(
        206,
        range && {
          'Content-Range': `bytes ${range.first}-${Math.min(range.last, file.length - 1)}/${file.length}`,
        },
      );
      pour(response);
    },
    load: /sends more for a range of 65536/,
    download: /status 206/,
    resume: /it has more/,
  },
  {
    name: '300 MB after a range of 64 KiB',
    answer: ({ response, range, file }) => {
      response.writeHead(206, {
        'Content-Length': 300_000_000,
        'Content-Range': `bytes ${range?.first ?? 0}-${range?.last ?? 0}/${file.length}`,
      });
      pour(response);
    },
    load: /announces 300000000 bytes for a range of 65536/,
    download: /status 206/,
    resume: /it has more/,
  },
  {
    name: 'a body without end',
    answer: ({ response }) => {
      response.writeHead(200);
      pour(response);
    },
    load: /it sends more than 4000000 bytes/,
    download: /it has more/,
  },
  {
    name: 'a terabyte that is announced',
    answer: ({ response }) => {
      response.writeHead(200, { 'Content-Length': 1e12 });
      pour(response);
    },
    load: /it announces more than 4000000 bytes/,
    download: /it has more/,
  },
  {
    name: 'a gzip bomb',
    answer: ({ response }) => {
      response.writeHead(200, { 'Content-Encoding': 'gzip', 'Content-Length': bomb.length }).end(bomb);
    },
    load: /it sends more than 4000000 bytes/,
    download: /it has more/,
  },
  {
    name: 'a gzip bomb in a range',
    answer: ({ response, range }) => {
      response
        .writeHead(range === undefined ? 200 : 206, {
          'Content-Encoding': 'gzip',
          'Content-Range': 'bytes 0-65535/65536',
        })
        .end(bomb);
    },
    load: /it sends more than 4000000 bytes/,
    download: /it has more/,
  },
  {
    name: 'a bomb packed five times',
    answer: ({ response }) => {
      const packed = gzipSync(gzipSync(gzipSync(bomb)));
      response.writeHead(200, { 'Content-Encoding': 'gzip, gzip, gzip, gzip' }).end(packed);
    },
    load: /it sends more than 4000000 bytes/,
    download: /it has more/,
  },
  {
    name: 'packed bytes that are none',
    answer: ({ response, file }) => {
      response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(file);
    },
    load: /the connection broke/,
    download: /broke off/,
  },
  {
    name: 'silence',
    answer: () => undefined,
    load: /nothing came for 0\.5 s/,
    download: /nothing came for 0\.5 s/,
  },
  {
    name: 'silence after the head',
    answer: ({ response }) => {
      response.writeHead(200);
      response.flushHeaders();
    },
    load: /nothing came for 0\.5 s/,
    download: /nothing came for 0\.5 s/,
  },
  {
    name: 'silence amid the body',
    answer: ({ response, file }) => {
      response.writeHead(200, { 'Content-Length': file.length }).write(file.subarray(0, 1000));
    },
    load: /nothing came for 0\.5 s/,
    download: /after 1000 bytes.*nothing came for 0\.5 s/,
  },
  {
    name: 'a body that drips',
    answer: ({ response, socket }) => {
      response.writeHead(200, { 'Content-Length': 100_000 });
      drip((byte) => response.write(byte), socket);
    },
    load: /took more than 1\.5 s in all/,
    download: /took more than 1\.5 s in all/,
  },
  {
    name: 'a later range that drips',
    answer: later(({ response, range, file, socket }) => {
      response.writeHead(206, {
        ETag: '"1"',
        'Content-Range': `bytes ${range!.first}-${range!.last}/${file.length}`,
      });
      drip((byte) => response.write(byte), socket);
    }),
    load: /took more than 1\.5 s in all/,
    download: 'right',
    resume: /took more than 1\.5 s in all/,
  },
  {
    name: 'a head that drips',
    answer: ({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\nX: ');
      drip((byte) => socket.write(byte), socket);
    },
    load: /nothing came for 0\.5 s/,
    download: /nothing came for 0\.5 s/,
  },
  {
    name: 'to be continued for ever',
    answer: ({ socket }) => {
      drip(() => socket.write('HTTP/1.1 100 Continue\r\n\r\n'), socket);
    },
    load: /nothing came|could not be reached/,
    download: /nothing came|could not be reached/,
  },
  {
    name: 'a closed door',
    answer: ({ socket }) => {
      socket.destroy();
    },
    load: /could not be reached/,
    download: /could not be reached/,
  },
  {
    name: 'an early close',
    answer: ({ response, file, socket }) => {
      response
        .writeHead(200, { 'Content-Length': file.length })
        .write(file.subarray(0, 1000), () => socket.destroy());
    },
    load: /the connection broke|1000 bytes came/,
    download: /broke off/,
  },
  {
    name: 'a reset',
    answer: ({ response, file, socket }) => {
      response
        .writeHead(200, { 'Content-Length': file.length })
        .write(file.subarray(0, 1000), () => socket.resetAndDestroy());
    },
    load: /the connection broke/,
    download: /broke off/,
  },
  {
    name: 'a chunk cut short',
    answer: raw('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\nabc'),
    load: /nothing came/,
    download: /nothing came/,
  },
  {
    name: 'a chunk of an impossible length',
    answer: raw('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nabc'),
    load: /the connection broke/,
    download: /broke off/,
  },
  {
    name: 'a chunk whose length is no number',
    answer: raw('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc'),
    load: /the connection broke/,
    download: /broke off/,
  },
  {
    name: 'two lengths',
    answer: raw('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 9\r\n\r\nabcdefghi'),
    load: /could not be reached/,
    download: /could not be reached/,
  },
  {
    name: 'a length below zero',
    answer: raw('HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabcdefghi'),
    load: /could not be reached/,
    download: /could not be reached/,
  },
  {
    name: 'huge headers',
    answer: raw(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(1_000_000)}\r\n\r\n`),
    load: /could not be reached/,
    download: /could not be reached/,
  },
  {
    name: 'many headers',
    answer: raw(`HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(100_000)}\r\n`),
    load: /could not be reached/,
    download: /could not be reached/,
  },
  {
    name: 'another protocol',
    answer: raw('SSH-2.0-OpenSSH_9.0\r\n'),
    load: /could not be reached/,
    download: /could not be reached/,
  },
  {
    name: 'a circle of redirects',
    answer: redirect('again'),
    load: /leads on and on/,
    download: /leads on and on/,
  },
  {
    name: 'a redirect to a file of this machine',
    answer: redirect('file:///etc/passwd'),
    load: /file:\/\/\/etc\/passwd, which is no http/,
    download: /no http/,
  },
  { name: 'a redirect to data', answer: redirect('data:,abc'), load: /no http/, download: /no http/ },
  {
    name: 'a redirect to ftp',
    answer: redirect('ftp://127.0.0.1/file'),
    load: /no http/,
    download: /no http/,
  },
  { name: 'a redirect to nowhere', answer: redirect('http://[::'), load: /no http/, download: /no http/ },
  {
    name: 'a redirect to a mile of text',
    answer: redirect(`gopher:${'x'.repeat(10_000)}`),
    load: /^.{0,500}$/s,
    download: /^.{0,500}$/s,
  },
  { name: 'a redirect without a place', answer: status(302), load: /status 302/, download: /status 302/ },
  {
    name: 'a redirect to the file',
    answer: (asked) => {
      (asked.request.url!.endsWith('moved') ? sendRange : redirect('moved'))(asked);
    },
    load: 'right',
    download: 'right',
  },
  { name: 'no content', answer: status(204), load: /status 204/, download: /status 204/ },
  { name: 'nothing new', answer: status(304), load: /status 304/, download: /status 304/ },
  { name: 'a refusal', answer: status(403), load: /status 403/, download: /status 403/ },
  {
    name: 'a failure with a long tale',
    answer: ({ response }) => {
      response.writeHead(500);
      pour(response);
    },
    load: /status 500/,
    download: /status 500/,
  },
  {
    name: 'a status with control characters',
    answer: ({ socket }) => {
      socket.end('HTTP/1.1 404 \x9b31mred\x9b0m\r\nContent-Length: 0\r\n\r\n', 'latin1');
    },
    load: /^[^\x80-\x9f]*$/,
    download: /^[^\x80-\x9f]*$/,
  },
];

/** A server with each of {@link HOSTILE_CASES} at `<address><index>/file`. */
export interface HostileServer {
  readonly address: string;
  close(): void;
}

/** Starts it; `file` is what an honest server would serve. */
export async function startHostileServer(file: Buffer): Promise<HostileServer> {
  const server = createServer((request, response) => {
    const { socket } = request;
    response.on('error', () => undefined);
    const match = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const first = Number(match?.[1]);
    const last = match?.[2] ? Math.min(Number(match[2]), file.length - 1) : file.length - 1;
    const range = match === null ? undefined : { first, last };
    const { answer } = HOSTILE_CASES[Number(request.url!.split('/')[1])]!;
    answer({ request, response, socket, file, range, isLater: first > 0 });
  });
  server.on('connection', (socket) => socket.on('error', () => undefined));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
